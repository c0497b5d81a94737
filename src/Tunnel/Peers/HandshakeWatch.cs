using Microsoft.Extensions.Logging;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>
/// Tells the log when a peer does not answer our handshakes, and when it does again: to the connections that wait, a dead
/// tunnel looks like a dead host behind it. Such a peer is not given up: nobody begins a connection, which would call it again,
/// with a forwarder that is not ready.
/// </summary>
internal sealed class HandshakeWatch(ILogger logger, TimeProvider time)
{
    // Within the 90 s after which the device gives it up (WireGuard §6.4)
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);

    private readonly Dictionary<PublicKey, long> _calls = [];

    /// <summary>To be called now and then for each peer.</summary>
    /// <returns>Whether the peer is to be called again.</returns>
    public bool Look(in PeerStatistics peer)
    {
        if (_calls.TryGetValue(peer.PublicKey, out var last))
        {
            if (peer is { HasSession: true, HandshakeAttempts: 0 })
            {
                _calls.Remove(peer.PublicKey);
                logger.HandshakeAnswered($"{peer.EndPoint}");
                return false;
            }

            if (time.GetElapsedTime(last) < Interval)
            {
                return false;
            }

            _calls[peer.PublicKey] = time.GetTimestamp();
            return true;
        }

        // The first retry goes out after 5 s without an answer; a peer that has a session may merely have lost one message.
        if (peer.HandshakeAttempts > (peer.HasSession ? 1 : 0))
        {
            _calls[peer.PublicKey] = time.GetTimestamp();
            logger.HandshakeUnanswered($"{peer.EndPoint}");
        }

        return false;
    }
}
