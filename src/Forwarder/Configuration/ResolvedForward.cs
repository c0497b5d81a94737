using System.Net;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Configuration;

/// <summary>A port forward of one protocol, understood.</summary>
/// <param name="Protocol">What it carries.</param>
/// <param name="Source">The local port or Unix-domain socket; of a remote forward the port of our address in the tunnel.</param>
/// <param name="Destination">Where it is carried to, on the other side of the tunnel; names are resolved when needed.</param>
/// <param name="IsRemote">Carried from the WireGuard network to this side, not the other way.</param>
internal sealed record ResolvedForward(
    Protocols Protocol, EndPoint Source, EndPoint Destination, bool IsRemote = false)
{
    /// <summary>What people are shown.</summary>
    public string ProtocolName => Protocol == Protocols.Tcp ? "TCP" : "UDP";
}
