using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>A TCP port forward with its names resolved.</summary>
internal sealed record ResolvedForward(IPEndPoint Source, IPEndPoint Destination);
