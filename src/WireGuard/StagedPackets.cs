namespace Onetun.WireGuard;

/// <summary>
/// Inner packets that wait for a session, in order. Bounded for each peer and overall; when full, the oldest is dropped: TCP will
/// send it again, and the newest is wanted most.
/// </summary>
internal sealed class StagedPackets(int limitPerPeer, int limit)
{
    /// <summary>What is in all queues together, the oldest first.</summary>
    private readonly LinkedList<Staged> _all = [];

    private readonly int _limitPerPeer = limitPerPeer;
    private readonly int _limit = limit;

    /// <summary>Packets dropped because a limit was met.</summary>
    public long Overflows { get; private set; }

    /// <summary>Packets that have stopped waiting, except by overflow: whenever it grows, there is room again.</summary>
    public long Departures { get; private set; }

    /// <summary>Whether too few wait for any peer to be full.</summary>
    public bool IsFullForNone => _all.Count < _limitPerPeer && _all.Count < _limit;

    /// <summary>The packets of one peer.</summary>
    public sealed class PeerQueue(StagedPackets staged)
    {
        private readonly Queue<LinkedListNode<Staged>> _nodes = new();

        public int Count => _nodes.Count;

        /// <summary>
        /// Whether one more would push out one that waits. Each peer may have one, since its handshake begins with it.
        /// </summary>
        public bool IsFull => Count > 0 && (Count >= staged._limitPerPeer || staged._all.Count >= staged._limit);

        /// <summary>Copies a packet. An empty one is a keepalive.</summary>
        public void Add(ReadOnlySpan<byte> packet)
        {
            if (Count >= staged._limitPerPeer)
            {
                DropOldest();
            }
            else if (staged._all.Count >= staged._limit)
            {
                staged._all.First!.Value.Queue.DropOldest();
            }

            _nodes.Enqueue(staged._all.AddLast(new Staged(this, packet.ToArray())));
        }

        public byte[] Take()
        {
            var node = _nodes.Dequeue();
            staged._all.Remove(node);
            staged.Departures++;
            return node.Value.Packet;
        }

        public void Clear()
        {
            while (Count > 0)
            {
                Take();
            }
        }

        private void DropOldest()
        {
            staged._all.Remove(_nodes.Dequeue());
            staged.Overflows++;
        }
    }

    private readonly record struct Staged(PeerQueue Queue, byte[] Packet);
}
