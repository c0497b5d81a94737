using Onetun.Forwarder.Diagnostics;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Gives memory back when the traffic rests. The collector runs when somebody allocates, and what carries packets does not: without
/// this it would keep what a burst of connections has left for as long as no other comes: with 10,000 idle ones it is 20 MB of 90,
/// and when they have ended 60.
/// </summary>
internal sealed class HeapTrim : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Looks without traffic until it rests.</summary>
    private const int Rest = 2;

    /// <summary>
    /// What keepalives, handshakes and small requests come to between two looks, 13 KB a second; no transfer does with so little.
    /// </summary>
    private const long RestingBytes = 64 * 1024;

    /// <summary>Less than this is not worth a collection, which stops all threads: for 2 ms, or 80 with 10,000 connections.</summary>
    private const long LeastAllocated = 16 << 20;

    /// <summary>
    /// Looks after one that has paid until the next, as long as they do: what has ended is in TIME-WAIT for a minute.
    /// </summary>
    private const int Again = 24;

    /// <summary>One has paid that gave this much back.</summary>
    private const long LeastGiven = 4 << 20;

    private readonly Func<long> _carried;
    private readonly Func<long> _allocated;
    private readonly Func<long> _collect;
    private readonly ITimer _timer;
    private long _carriedBefore;
    private long _allocatedBefore;
    private int _resting;
    private int _looks; // Since the last one
    private bool _paid;

    /// <param name="carried">The bytes that have gone through the tunnel.</param>
    /// <param name="allocated">The bytes that have been allocated.</param>
    /// <param name="collect">Collects all there is, gives the room back, and returns how many bytes that was.</param>
    /// <param name="time">The clock.</param>
    public HeapTrim(Func<long> carried, Func<long> allocated, Func<long> collect, TimeProvider time)
    {
        (_carried, _allocated, _collect) = (carried, allocated, collect);
        _timer = time.CreateTimer(static trim => ((HeapTrim)trim!).Look(), this, Interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Trims the heap of this process while a forwarder rests.</summary>
    public static HeapTrim Of(IForwarderState forwarder) => new(
        () => forwarder.Peers.Sum(peer => peer.ReceivedBytes + peer.SentBytes),
        () => GC.GetTotalAllocatedBytes(),
        Collect,
        TimeProvider.System);

    public void Dispose() => _timer.Dispose();

    private static long Collect()
    {
        var before = Environment.WorkingSet;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return before - Environment.WorkingSet;
    }

    private void Look()
    {
        var (carried, allocated) = (_carried(), _allocated());
        _resting = carried - _carriedBefore <= RestingBytes ? _resting + 1 : 0;
        _carriedBefore = carried;
        var isDue = allocated - _allocatedBefore >= LeastAllocated || (_paid && _looks >= Again);
        _looks++;
        if (isDue && _resting >= Rest)
        {
            _paid = _collect() >= LeastGiven;
            (_allocatedBefore, _looks) = (allocated, 0);
        }

        _timer.Change(Interval, Timeout.InfiniteTimeSpan); // One look at a time, however long it waits for the tunnel
    }
}
