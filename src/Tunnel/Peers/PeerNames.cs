using System.Net;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>The names of the peers' endpoints, where they have names. Thread-safe.</summary>
internal sealed class PeerNames(IReadOnlyList<PeerOptions> peers)
{
    private volatile Dictionary<PublicKey, DnsEndPoint> _names = Of(peers);

    /// <summary>Null for a peer without a name.</summary>
    public DnsEndPoint? Find(in PublicKey peer) => _names.GetValueOrDefault(peer);

    /// <summary>These are the peers from now on.</summary>
    public void Change(IReadOnlyList<PeerOptions> peers) => _names = Of(peers);

    private static Dictionary<PublicKey, DnsEndPoint> Of(IReadOnlyList<PeerOptions> peers) =>
        peers.Where(peer => peer.EndPoint is DnsEndPoint).ToDictionary(peer => peer.PublicKey, peer => (DnsEndPoint)peer.EndPoint!);
}
