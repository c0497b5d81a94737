using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Waits for sessions.</summary>
internal static class HandshakeWait
{
    // The device gives a peer up after 90 s without an answer (WireGuard §6.4): so often it is called anew.
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    /// <summary>Ends when there is a session with each of some peers.</summary>
    public static async Task ForAsync(TunnelDriver tunnel, List<PublicKey> peers, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var events = tunnel.Watchers.WatchAsync(ending.Token).GetAsyncEnumerator(CancellationToken.None);
        await using (events.ConfigureAwait(false))
        {
            // It listens from its first step on, so that no handshake is missed between the look and the wait.
            var next = events.MoveNextAsync().AsTask();
            while (Call(tunnel, peers))
            {
                try
                {
                    if (!await next.WaitAsync(Again, cancellationToken).ConfigureAwait(false))
                    {
                        throw new ObjectDisposedException(nameof(WireGuardTunnel));
                    }

                    next = events.MoveNextAsync().AsTask();
                }
                catch (TimeoutException)
                {
                    // They are called once more.
                }
            }

            await ending.CancelAsync().ConfigureAwait(false);
            await next.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Begins what is missing; true if anything is.</summary>
    private static bool Call(TunnelDriver tunnel, List<PublicKey> peers)
    {
        foreach (var peer in tunnel.ReadPeers())
        {
            if (peer.HasSession)
            {
                peers.Remove(peer.PublicKey);
            }
            else if (peer.HandshakeAttempts == 0 && peers.Contains(peer.PublicKey))
            {
                tunnel.SendKeepalive(peer.PublicKey);
            }
        }

        return peers.Count > 0;
    }
}
