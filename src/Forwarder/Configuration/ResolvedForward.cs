using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>A port forward of one protocol with its names resolved.</summary>
/// <param name="Protocol">What it carries.</param>
/// <param name="Source">The local port; of a remote forward the port of our address in the tunnel.</param>
/// <param name="Destination">Where it is carried to, on the other side of the tunnel.</param>
/// <param name="IsRemote">Carried from the WireGuard network to this side, not the other way.</param>
internal sealed record ResolvedForward(
    Protocols Protocol, IPEndPoint Source, IPEndPoint Destination, bool IsRemote = false)
{
    /// <summary>For people.</summary>
    public string ProtocolName => Protocol == Protocols.Tcp ? "TCP" : "UDP";
}
