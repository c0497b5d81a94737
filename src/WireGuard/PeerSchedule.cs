namespace Onetun.WireGuard;

/// <summary>All peers with a deadline, the earliest on top: a binary heap in which every entry knows its place.</summary>
internal sealed class PeerSchedule
{
    private readonly List<Entry> _heap = [];

    public TimeSpan Earliest => _heap.Count == 0 ? TimeSpan.MaxValue : _heap[0].Time;

    public Peer? First => _heap.Count == 0 ? null : _heap[0].Peer;

    /// <summary>When to look at a peer. Each peer has one, and moves it itself.</summary>
    public sealed class Entry(PeerSchedule schedule, Peer peer)
    {
        private readonly List<Entry> _heap = schedule._heap;

        /// <summary>Its place in the heap, or -1.</summary>
        private int _index = -1;

        public Peer Peer => peer;

        /// <summary><see cref="TimeSpan.MaxValue"/> while it is not in the heap.</summary>
        public TimeSpan Time { get; private set; } = TimeSpan.MaxValue;

        /// <summary>Moves it, earlier or later; <see cref="TimeSpan.MaxValue"/> takes it out.</summary>
        public void MoveTo(TimeSpan time)
        {
            Time = time;
            if (time == TimeSpan.MaxValue)
            {
                Remove();
                return;
            }

            if (_index < 0)
            {
                _index = _heap.Count;
                _heap.Add(this);
            }

            Settle();
        }

        private void Remove()
        {
            if (_index < 0)
            {
                return;
            }

            var last = _heap[^1];
            _heap.RemoveAt(_heap.Count - 1);
            if (last != this)
            {
                last.Put(_index);
                last.Settle();
            }

            _index = -1;
        }

        private void Settle()
        {
            var index = _index;
            while (index > 0 && _heap[(index - 1) / 2].Time > Time)
            {
                _heap[(index - 1) / 2].Put(index);
                index = (index - 1) / 2;
            }

            for (var child = EarlierChild(index);
                child < _heap.Count && _heap[child].Time < Time;
                child = EarlierChild(index))
            {
                _heap[child].Put(index);
                index = child;
            }

            Put(index);
        }

        private int EarlierChild(int index)
        {
            var left = (2 * index) + 1;
            return left + 1 < _heap.Count && _heap[left + 1].Time < _heap[left].Time ? left + 1 : left;
        }

        private void Put(int index)
        {
            _heap[index] = this;
            _index = index;
        }
    }
}
