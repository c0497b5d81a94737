using Onetun.WireGuard;

namespace Onetun.Extensions.Hosting;

/// <summary>What tells configured peers from others, and keeps no key of theirs.</summary>
internal static class PeersTrace
{
    public static int Of(IReadOnlyList<PeerOptions> peers)
    {
        var trace = new HashCode();
        foreach (var peer in peers)
        {
            trace.Add(peer.PublicKey);
            trace.Add(peer.PresharedKey?.ToBase64());
            trace.Add(peer.EndPoint);
            trace.Add(peer.PersistentKeepalive);
            foreach (var network in peer.AllowedIPs)
            {
                trace.Add(network);
            }
        }

        return trace.ToHashCode();
    }
}
