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
        return node.Value.Packet;
    }

    public void Drop(Peer peer)
    {
        foreach (LinkedListNode<Staged> node in peer.Staged)
        {
            _all.Remove(node);
        }

        peer.Staged.Clear();
    }

    internal readonly record struct Staged(Peer Peer, byte[] Packet);
}
