using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>
/// Tells the log when a path turns out to carry less than the MTU, which costs each start a search, and when it no longer does.
/// </summary>
internal sealed class PathWatch(TunnelOptions options, ILogger logger)
{
    private const int SmallestWithIPv6 = 1280;

    private readonly Dictionary<PublicKey, int> _narrow = [];

    /// <summary>To be called now and then for each peer.</summary>
    public void Look(in PeerStatistics peer)
    {
        var before = _narrow.TryGetValue(peer.PublicKey, out var mtu) ? mtu : (int?)null;
        if (peer.PathMtu == before)
        {
            return;
        }

        if (peer.PathMtu is { } found)
        {
            _narrow[peer.PublicKey] = found;
            logger.PathNarrow($"{peer.EndPoint}", found, options.Mtu, Advice(found));
        }
        else
        {
            _narrow.Remove(peer.PublicKey);
            logger.PathWide($"{peer.EndPoint}", options.Mtu);
        }
    }

    // No interface with an IPv6 address may have less (RFC 8200 §5).
    private string Advice(int found) =>
        found < SmallestWithIPv6 && options.Addresses.Any(ours => ours.Address.AddressFamily == AddressFamily.InterNetworkV6)
            ? ""
            : $" (MTU = {found} saves the search)";
}
