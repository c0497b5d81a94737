using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

public sealed partial class WireGuardTunnel
{
    /// <summary>
    /// Makes these the peers. Sessions and connections of those that stay go on; one that has roamed stays where it is, unless
    /// its configured endpoint has changed. A preshared key counts from the next handshake on. TCP connections end
    /// (<see cref="SocketError.ConnectionAborted"/>) whose address is another peer's now, or nobody's: none goes on with somebody else.
    /// </summary>
    /// <param name="peers">All of them; none is possible here.</param>
    /// <exception cref="ArgumentException">
    /// Nothing has changed: a peer is there twice, its key is missing or our own, or an option is out of its range.
    /// </exception>
    public void SetPeers(IReadOnlyList<PeerOptions> peers) => SetPeers(peers, Driver.ChangePeers);

    /// <summary>The same for whoever knows hosts by their addresses alone: a connection goes on with a peer that has another key now.</summary>
    internal void ReplacePeers(IReadOnlyList<PeerOptions> peers) => SetPeers(peers, Driver.WithDevice);

    private void SetPeers(IReadOnlyList<PeerOptions> peers, Action<Action<Device, TimeSpan>> change)
    {
        ArgumentNullException.ThrowIfNull(peers);
        if (peers.GroupBy(peer => peer.PublicKey).FirstOrDefault(alike => alike.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Peer {twice.Key} is there twice.", nameof(peers));
        }

        change((device, now) =>
        {
            PeerChanges.Apply(device, now, [.. _peers.Select(PeerEndPoints.Resolved)], [.. peers.Select(PeerEndPoints.Resolved)]);
            _peers = peers;
            _names.Change(peers);
        });
    }

    /// <summary>Sends to a peer at another address from now on, until it is heard from elsewhere.</summary>
    /// <returns>False if there is no such peer.</returns>
    public bool SetEndPoint(PublicKey peer, IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Driver.SetEndPoint(peer, endPoint);
    }

    /// <summary>
    /// Sends a peer an empty packet, and for that begins a handshake where there is no session: from then on the peer
    /// knows where we are. Nothing is sent to one that has no endpoint yet.
    /// </summary>
    /// <returns>False if there is no such peer.</returns>
    public bool SendKeepalive(PublicKey peer) => Driver.SendKeepalive(peer);

    /// <summary>
    /// What happens to the peers from the first step of the enumeration on, until the tunnel has stopped: handshakes, sessions, roaming, peers that
    /// come and go. One who is slow misses the oldest of more than 1,024 events.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async IAsyncEnumerable<PeerEvent> WatchPeersAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = Driver.Watchers.Add();
        try
        {
            await foreach (var happened in events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return happened;
            }
        }
        finally
        {
            _driver.Watchers.Remove(events);
        }
    }

    /// <summary>
    /// Waits until there is a session with a peer, and begins a handshake for that. Peers that do not answer are called again and again.
    /// </summary>
    /// <param name="peer">
    /// Its public key; null, the default, for all peers that have an endpoint, or if none has one, for whichever speaks first.
    /// </param>
    /// <param name="timeout">The longest wait, more than zero; null, the default, is without limit.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentException">There is no such peer.</exception>
    /// <exception cref="PeerUnansweredException">The time is over, and a peer has not answered.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task WaitForHandshakeAsync(PublicKey? peer = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout ?? TimeSpan.MaxValue, TimeSpan.Zero, nameof(timeout));
        var peers = Driver.ReadPeers();
        if (peer is { } key && peers.All(one => one.PublicKey != key))
        {
            throw new ArgumentException($"There is no peer {key}.", nameof(peer));
        }

        var awaited = peers.Where(one => peer is null ? one.EndPoint is not null || _names.Find(one.PublicKey) is not null : one.PublicKey == peer)
            .Select(one => one.PublicKey).ToList();
        using var patience = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, Time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await HandshakeWait.ForAsync(Driver, awaited, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            if (FirstSilent(one => awaited.Count == 0 || awaited.Contains(one)) is { } silent)
            {
                throw Unanswered(silent);
            }
        }
    }

    /// <summary>
    /// Changes our static key, which is not disposed. Handshakes use the new one from now on, so that peers have to know its public
    /// key; on the sessions there are, packets are still received. A peer that has this key is removed.
    /// </summary>
    public void SetPrivateKey(PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        Driver.ChangePeers((device, _) => device.SetPrivateKey(privateKey));
    }
}
