using System.Diagnostics.CodeAnalysis;

namespace Onetun.WireGuard;

/// <summary>
/// What has happened to the peers of a device and waits to be taken, oldest first. Adding allocates nothing in the steady state,
/// for a peer whose packets come from two places alternately makes an event with each.
/// </summary>
internal sealed class PeerEvents(IEnvironment environment)
{
    /// <summary>Events that may wait; of more the oldest are dropped.</summary>
    public const int Capacity = 1024;

    private readonly Queue<Entry> _waiting = new();

    /// <summary>How many were dropped.</summary>
    public long Dropped { get; private set; }

    public bool TryTake([NotNullWhen(true)] out PeerEvent? taken)
    {
        taken = _waiting.TryDequeue(out var entry) ? entry.ToEvent() : null;
        return taken is not null;
    }

    public void Added(Peer peer) => Add(new Entry(Kind.Added, peer.PublicKey));

    public void Removed(Peer peer) => Add(new Entry(Kind.Removed, peer.PublicKey));

    public void Roamed(Peer peer) => Add(new Entry(Kind.Roamed, peer.PublicKey) { EndPoint = peer.EndPoint });

    public void Completed(Peer peer, bool isInitiator) =>
        Add(new Entry(isInitiator ? Kind.CompletedAsInitiator : Kind.CompletedAsResponder, peer.PublicKey));

    public void Unanswered(Peer peer, int attempt) => Add(new Entry(Kind.Unanswered, peer.PublicKey) { Attempt = attempt });

    public void GivenUp(Peer peer) => Add(new Entry(Kind.GivenUp, peer.PublicKey));

    public void SessionEnded(Peer peer) => Add(new Entry(Kind.SessionEnded, peer.PublicKey));

    private void Add(in Entry entry)
    {
        if (_waiting.Count == Capacity)
        {
            _waiting.Dequeue();
            Dropped++;
        }

        _waiting.Enqueue(entry with { Time = environment.UtcNow });
    }

    private enum Kind
    {
        Added,
        Removed,
        Roamed,
        CompletedAsInitiator,
        CompletedAsResponder,
        Unanswered,
        GivenUp,
        SessionEnded,
    }

    private readonly record struct Entry(Kind Kind, PublicKey PublicKey)
    {
        public DateTime Time { get; init; }

        public UdpEndPoint EndPoint { get; init; }

        public int Attempt { get; init; }

        public PeerEvent ToEvent() => Kind switch
        {
            Kind.Added => new PeerAdded(PublicKey, Time),
            Kind.Removed => new PeerRemoved(PublicKey, Time),
            Kind.Roamed => new PeerRoamed(PublicKey, Time, EndPoint.ToIPEndPoint()),
            Kind.CompletedAsInitiator => new HandshakeCompleted(PublicKey, Time, IsInitiator: true),
            Kind.CompletedAsResponder => new HandshakeCompleted(PublicKey, Time, IsInitiator: false),
            Kind.Unanswered => new HandshakeUnanswered(PublicKey, Time, Attempt),
            Kind.GivenUp => new HandshakeGivenUp(PublicKey, Time),
            _ => new SessionEnded(PublicKey, Time),
        };
    }
}
