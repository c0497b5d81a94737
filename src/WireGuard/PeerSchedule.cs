namespace Onetun.WireGuard;

/// <summary>All peers with a deadline, the earliest on top: a binary heap in which every peer knows its place.</summary>
internal sealed class PeerSchedule
{
    private readonly List<PeerTimers> _heap = [];

    public TimeSpan Earliest => _heap.Count == 0 ? TimeSpan.MaxValue : _heap[0].ScheduledAt;

    public Peer? First => _heap.Count == 0 ? null : _heap[0].Peer;

    /// <summary>Moves a peer to a time, earlier or later; <see cref="TimeSpan.MaxValue"/> takes it out.</summary>
    public void Set(PeerTimers timers, TimeSpan time)
    {
        timers.ScheduledAt = time;
        if (time == TimeSpan.MaxValue)
        {
            Remove(timers);
            return;
        }

        if (timers.ScheduleIndex < 0)
        {
            _heap.Add(timers);
            timers.ScheduleIndex = _heap.Count - 1;
        }

        Settle(timers);
    }

    private void Remove(PeerTimers timers)
    {
        int index = timers.ScheduleIndex;
        if (index < 0)
        {
            return;
        }

        PeerTimers last = _heap[^1];
        _heap.RemoveAt(_heap.Count - 1);
        timers.ScheduleIndex = -1;
        if (last != timers)
        {
            Put(last, index);
            Settle(last);
        }
    }

    private void Settle(PeerTimers timers)
    {
        int index = timers.ScheduleIndex;
        while (index > 0 && _heap[(index - 1) / 2].ScheduledAt > timers.ScheduledAt)
        {
            Put(_heap[(index - 1) / 2], index);
            index = (index - 1) / 2;
        }

        for (int child = EarlierChild(index);
            child < _heap.Count && _heap[child].ScheduledAt < timers.ScheduledAt;
            child = EarlierChild(index))
        {
            Put(_heap[child], index);
            index = child;
        }

        Put(timers, index);
    }

    private int EarlierChild(int index)
    {
        int left = (2 * index) + 1;
        return left + 1 < _heap.Count && _heap[left + 1].ScheduledAt < _heap[left].ScheduledAt ? left + 1 : left;
    }

    private void Put(PeerTimers timers, int index)
    {
        _heap[index] = timers;
        timers.ScheduleIndex = index;
    }
}
