using Microsoft.Extensions.Logging;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>
/// Tells the log when sessions with a peer end far too soon: somebody else has our private key, and each of us takes the
/// session from the other. A session lasts two minutes (WireGuard §6.2); whoever lost it goes unheard, and begins another after
/// 15 s (WireGuard §6.5).
/// </summary>
internal sealed class SessionWatch(ILogger logger)
{
    private const int Suspicious = 4;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(10);

    private readonly Dictionary<PublicKey, Queue<DateTime>> _handshakes = [];
    private readonly Dictionary<PublicKey, DateTime> _told = [];

    /// <summary>To be called now and then for each peer.</summary>
    public void Look(in PeerStatistics peer)
    {
        if (peer.LastHandshake is not { } last)
        {
            return;
        }

        if (!_handshakes.TryGetValue(peer.PublicKey, out var handshakes))
        {
            _handshakes[peer.PublicKey] = handshakes = [];
        }

        if (handshakes.LastOrDefault() == last)
        {
            return;
        }

        handshakes.Enqueue(last);
        while (handshakes.Count > Suspicious)
        {
            handshakes.Dequeue();
        }

        var isQuiet = _told.TryGetValue(peer.PublicKey, out var told) && last - told < Quiet;
        if (handshakes.Count == Suspicious && last - handshakes.Peek() < Window && !isQuiet)
        {
            _told[peer.PublicKey] = last;
            logger.SessionsTaken($"{peer.EndPoint}", Suspicious, Math.Round((last - handshakes.Peek()).TotalSeconds, 1));
        }
    }
}
