namespace Onetun.NetStack;

/// <summary>
/// Tells what the path loses by chance from congestion, for a congestion control that responds only to the latter: before a queue
/// overflows it is full, and the segments behind the lost one have waited in it.
/// </summary>
/// <remarks>
/// Beside Linux's CUBIC, over 300 Mbit/s, 100 ms and a queue of 3 ms, a flow that takes every wait of up to 3 ms for none has 38
/// times its share, and one that compares it with the longest wait of late the same. A policer drops without a queue: what is lost
/// beyond the share of chance in a round trip is congestion as well, but a CUBIC behind the same policer gets less than its share.
/// </remarks>
internal sealed class RandomLoss
{
    private const int Share = 200; // One in so many may be lost by chance

    /// <summary>
    /// Of fewer than 600 segments, chance may lose one in so many, up to three: where it loses a thousandth, two or more of 250 are
    /// lost in one round trip of 38, and four in one of 8,000.
    /// </summary>
    private const int ShareOfFew = 80;
    private const int MostOfFew = 3;
    private const int RecentSamples = 4; // As many segments behind a lost one are delivered before the loss shows
    private const int Rounds = 128; // Of each of two slots in which the longest queue is remembered

    /// <summary>What any round trip strays without a queue: no queue is that short, for 64 packets of 1 Gbit/s are 0.7 ms.</summary>
    private static readonly TimeSpan LeastQueue = TimeSpan.FromMilliseconds(0.25);

    /// <summary>Routers that keep their queues short drop from 5 ms on (RFC 8289 §3.2).</summary>
    private static readonly TimeSpan MostQueue = TimeSpan.FromMilliseconds(3);

    /// <summary>Of a shorter round trip, a queue cannot be told from a busy host.</summary>
    private static readonly TimeSpan LeastTold = TimeSpan.FromMilliseconds(10);

    private TimeSpan _minimum;
    private TimeSpan _recent;
    private TimeSpan _recentBefore;
    private int _recentCount;
    private TimeSpan _longestQueue;
    private TimeSpan _longestBefore;
    private int _rounds;
    private long _lostBefore; // Bytes of the connection lost before this round trip
    private long _roundEnd;

    /// <summary>How long the last segments waited: the smallest of four to eight samples counts, for an ACK may be late.</summary>
    private TimeSpan Queue => Min(_recent, _recentBefore) - _minimum;

    /// <summary>
    /// The last segments have waited in a queue, or that cannot be told: for a quarter of the longest wait of late, or a
    /// thirty-second of the round trip, within bounds. A queue that overflows is as long as it ever is, however short that may be.
    /// </summary>
    private bool IsQueueing
    {
        get
        {
            var longest = _longestQueue > _longestBefore ? _longestQueue : _longestBefore;
            var some = Min(Min(longest / 4, _minimum / 32), MostQueue);
            return _minimum < LeastTold || Queue > (some > LeastQueue ? some : LeastQueue);
        }
    }

    /// <summary>A round trip was measured.</summary>
    /// <param name="rtt">The estimate, with its newest sample.</param>
    public void OnSample(in RttEstimator rtt)
    {
        _minimum = rtt.Minimum;
        if (_recentCount % RecentSamples == 0)
        {
            _recentBefore = _recentCount == 0 ? rtt.Latest : _recent;
            (_recent, _recentCount) = (rtt.Latest, 0);
        }

        _recent = Min(rtt.Latest, _recent);
        _recentCount++;
        _longestQueue = Queue > _longestQueue ? Queue : _longestQueue;
    }

    /// <summary>An ACK arrived, before it is looked for losses.</summary>
    public void OnAcknowledged(long una, long next, long lost)
    {
        if (una < _roundEnd)
        {
            return;
        }

        (_roundEnd, _lostBefore) = (next, lost);
        if (++_rounds == Rounds)
        {
            (_longestBefore, _longestQueue, _rounds) = (_longestQueue, TimeSpan.Zero, 0);
        }
    }

    /// <summary>Whether chance explains what was lost, as the segments sent after it show.</summary>
    /// <param name="lost">Bytes of the connection that were lost.</param>
    /// <param name="outstanding">Bytes between SND.UNA and SND.NXT.</param>
    /// <param name="segmentSize">SMSS.</param>
    public bool Explains(long lost, long outstanding, int segmentSize)
    {
        var ofFew = Math.Clamp(outstanding / ShareOfFew, segmentSize, MostOfFew * segmentSize);
        return !IsQueueing && lost - _lostBefore <= Math.Max(ofFew, outstanding / Share);
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
