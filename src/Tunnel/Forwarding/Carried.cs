using System.Net;

namespace Onetun.Tunnel.Forwarding;

/// <summary>A forward or a proxy, and what it has carried.</summary>
internal sealed record Carried(string Kind, EndPoint Source, EndPoint? Destination, Traffic Traffic);
