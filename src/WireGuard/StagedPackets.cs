namespace Onetun.WireGuard;

/// <summary>
/// Inner packets that wait for a session, in order. Bounded for each peer and over all; when full, the oldest goes:
/// TCP would send it again, and what is newest is wanted most.
/// </summary>
internal sealed class StagedPackets(int limitPerPeer, int limit)
{
    private readonly LinkedList<Staged> _all = [];

    /// <summary>Packets dropped because a limit was met.</summary>
    public ulong Overflows { get; private set; }

    public int Count => _all.Count;

    /// <summary>Packets that wait no longer, but for overflows: as it moves, there is room again.</summary>
    public ulong Departures { get; private set; }

    /// <summary>One more for the peer would cost one that waits. Each may have one, for its handshake begins with it.</summary>
    public bool IsFull(Peer peer) =>
        peer.Staged.Count > 0 && (peer.Staged.Count >= limitPerPeer || _all.Count >= limit);

    /// <summary>Too few wait for any peer to be full.</summary>
    public bool IsFullForNone => _all.Count < limitPerPeer && _all.Count < limit;

    /// <summary>Copies the packet. An empty one is a keepalive.</summary>
    public void Add(Peer peer, ReadOnlySpan<byte> packet)
    {
        if (peer.Staged.Count >= limitPerPeer)
        {
            Overflows++;
            _all.Remove(peer.Staged.Dequeue());
        }
        else if (_all.Count >= limit)
        {
            Overflows++;
            _all.First!.Value.Peer.Staged.Dequeue();
            _all.RemoveFirst();
        }

        peer.Staged.Enqueue(_all.AddLast(new Staged(peer, packet.ToArray())));
    }

    public byte[] Take(Peer peer)
    {
        LinkedListNode<Staged> node = peer.Staged.Dequeue();
        _all.Remove(node);
        Departures++;
        return node.Value.Packet;
    }

    public void Drop(Peer peer)
    {
        foreach (LinkedListNode<Staged> node in peer.Staged)
        {
            _all.Remove(node);
            Departures++;
        }

        peer.Staged.Clear();
    }

    internal readonly record struct Staged(Peer Peer, byte[] Packet);
}
