using System.Threading.Channels;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Waits for sessions.</summary>
internal static class HandshakeWait
{
    // The device gives a peer up after 90 s without an answer (WireGuard §6.4): so often it is called anew.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    /// <summary>Ends when there is a session with each of some peers, or if there are none, with any at all.</summary>
    public static async Task ForAsync(TunnelDriver tunnel, List<PublicKey> peers, CancellationToken cancellationToken)
    {
        var events = tunnel.Watchers.Add(); // Before the first look, so that no handshake is missed
        try
        {
            while (Call(tunnel, peers))
            {
                var hasEnded = !await NextAsync(events, cancellationToken).ConfigureAwait(false);
                ObjectDisposedException.ThrowIf(hasEnded, typeof(WireGuardTunnel));
            }
        }
        finally
        {
            tunnel.Watchers.Remove(events);
        }
    }

    /// <summary>Something has happened, or long enough nothing; false if nothing will.</summary>
    private static async Task<bool> NextAsync(ChannelReader<PeerEvent> events, CancellationToken cancellationToken)
    {
        try
        {
            var isMore = await events.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(Again, cancellationToken).ConfigureAwait(false);
            while (events.TryRead(out _))
            {
                // All of it is looked at together
            }

            return isMore;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    /// <summary>Begins what is missing; true if anything is.</summary>
    private static bool Call(TunnelDriver tunnel, List<PublicKey> awaited)
    {
        var peers = tunnel.ReadPeers();
        if (awaited.Count == 0)
        {
            return peers.All(peer => !peer.HasSession);
        }

        foreach (var peer in peers)
        {
            if (!peer.HasSession && peer.HandshakeAttempts == 0 && awaited.Contains(peer.PublicKey))
            {
                tunnel.SendKeepalive(peer.PublicKey);
            }
        }

        return peers.Any(peer => !peer.HasSession && awaited.Contains(peer.PublicKey));
    }
}
