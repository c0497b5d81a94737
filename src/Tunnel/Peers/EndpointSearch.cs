using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Names;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>
/// Looks a peer's name up again when it does not answer, and tries its addresses one after the other: it may have moved,
/// or be reached by one IP version only. One whose name has not been found yet is looked up until it is.
/// </summary>
internal sealed class EndpointSearch(TunnelDriver tunnel, NameCache names, ILogger logger)
{
    // How many initiations go to one address, 5 s apart (WireGuard §6.4).
    private const int Patience = 2;

    // A peer is looked at once a second. While its name has no address, each of the first looks asks for it, and later one in
    // so many. A lookup that failed is repeated after 5 s at the earliest (NameAnswer).
    private const int EagerLooks = 12;
    private const int LooksApart = 16;

    private readonly Dictionary<PublicKey, int> _tried = [];
    private readonly Dictionary<PublicKey, int> _looks = [];

    /// <summary>To be called now and then for each peer with a name.</summary>
    public async Task LookAsync(PeerStatistics peer, DnsEndPoint name, CancellationToken cancellationToken)
    {
        if (!IsDue(peer))
        {
            return;
        }

        var text = $"{name.Host}:{name.Port}"; // A DnsEndPoint itself begins with its address family
        var isLongUnknown = peer.EndPoint is null && _looks[peer.PublicKey] == EagerLooks;

        var addresses = await names.FindAsync(name.Host, cancellationToken).ConfigureAwait(false);
        if (Next(addresses, peer.EndPoint, name.Port, tunnel.LocalEndPoint) is { } next
            && tunnel.SetEndPoint(peer.PublicKey, next))
        {
            if (peer.EndPoint is null)
            {
                logger.EndpointFound(text, next);
            }
            else
            {
                logger.EndpointMoved(text, next);
            }
        }
        else if (isLongUnknown)
        {
            logger.EndpointUnknown(text, EagerLooks);
        }
    }

    /// <summary>The address after the one in use, or the first if that is not among them; null if there is no other.</summary>
    public static IPEndPoint? Next(IReadOnlyList<IPAddress> addresses, IPEndPoint? current, int port, IPEndPoint local)
    {
        List<IPEndPoint> reachable =
            [.. addresses.Where(address => IsReachable(address, local)).Select(address => new IPEndPoint(address, port))];
        if (reachable.Count == 0)
        {
            return null;
        }

        var next = reachable[(reachable.FindIndex(one => one.Equals(current)) + 1) % reachable.Count];
        return next.Equals(current) ? null : next;
    }

    // A socket for any IPv6 address takes IPv4 too.
    private static bool IsReachable(IPAddress address, IPEndPoint local) =>
        address.AddressFamily == local.AddressFamily || local.Address.Equals(IPAddress.IPv6Any);

    private bool IsDue(in PeerStatistics peer)
    {
        if (peer.EndPoint is null)
        {
            var looks = _looks[peer.PublicKey] = _looks.GetValueOrDefault(peer.PublicKey) + 1;
            return looks <= EagerLooks || looks % LooksApart == 0;
        }

        _looks.Remove(peer.PublicKey);
        var tried = _tried.GetValueOrDefault(peer.PublicKey);
        var attempts = peer.HandshakeAttempts;
        // That there is a session says nothing: it stands for 180 s (WireGuard §6.2), whether somebody is there or not.
        if (attempts == 0)
        {
            _tried.Remove(peer.PublicKey);
            return false;
        }

        // If there are fewer than before, the peer had been given up and is tried anew.
        if (attempts >= tried && attempts - tried < Patience)
        {
            return false;
        }

        _tried[peer.PublicKey] = attempts;
        return true;
    }
}
