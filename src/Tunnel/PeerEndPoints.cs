using System.Net;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Endpoints of peers that are written as names, and where those have been found.</summary>
internal static class PeerEndPoints
{
    /// <summary>Where a peer is, as far as that is known.</summary>
    public static IPEndPoint? KnownEndPoint(this PeerOptions peer) => peer.EndPoint switch
    {
        IPEndPoint known => known,
        NamedEndPoint { At: { } found } => found,
        _ => null,
    };

    /// <summary>The same peer with no name: the core looks nothing up.</summary>
    public static PeerOptions Resolved(this PeerOptions peer) => peer with { EndPoint = peer.KnownEndPoint() };
}
