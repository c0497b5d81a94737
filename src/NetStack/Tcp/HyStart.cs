namespace Onetun.NetStack;

/// <summary>
/// Leaves slow start before packets are lost, when one of two things shows that the path is full (HyStart): ACKs arrive
/// one after another for half a round trip, or round trips grow (RFC 9406). On the second, which may deceive, the window
/// stands still for five rounds, and goes on doubling if the suspicion proves wrong. Half way to the first, what is sent
/// should be spread.
/// </summary>
/// <remarks>
/// RFC 9406 has the second alone, and grows by a quarter in each of its rounds (§4.3). Segments leave two for each ACK, so
/// a flight queues behind itself, and its head meets the queue a whole round after it began: at 100 ms, 100 Mbit/s and a
/// queue of one bandwidth-delay product the RFC's rule loses 1,029 segments, standing still 804, the train of ACKs none.
/// Linux has both rules as well. Spreading (§4.3 recommends pacing) is for that same flight: sent two for an ACK to its
/// end, it leaves half a bandwidth-delay product in the queue, spread from the middle on a quarter.
/// </remarks>
internal struct HyStart()
{
    private const int Samples = 8; // §4.3 N_RTT_SAMPLE
    private const int Rounds = 5; // CSS_ROUNDS

    private static readonly TimeSpan MinThreshold = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan MaxThreshold = TimeSpan.FromMilliseconds(16);

    /// <summary>ACKs further apart are no train; and a sixteenth of the round trip, for slow links.</summary>
    private static readonly TimeSpan TrainGap = TimeSpan.FromMilliseconds(2);

    private long _roundEnd; // in bytes delivered: a round ends when what was sent at its start has arrived
    private TimeSpan _roundStart;
    private TimeSpan _trainEnd;
    private TimeSpan _minimum = TimeSpan.MaxValue;
    private TimeSpan _lastMinimum = TimeSpan.MaxValue;
    private TimeSpan _baseline = TimeSpan.MaxValue;
    private int _samples;
    private int _suspiciousRounds;

    /// <summary>The window has found its limit: slow start is over.</summary>
    public bool IsDone { get; private set; }

    /// <summary>It may be about to: what is sent twice as fast as it arrives would only queue.</summary>
    public bool IsNear { get; private set; }

    private readonly bool IsSuspicious => _baseline != TimeSpan.MaxValue;

    /// <summary>An ACK in slow start (§4.2).</summary>
    /// <returns>How much the window grows.</returns>
    public long OnAcknowledged(in AckSample sample, in RttEstimator rtt)
    {
        var (now, rate) = (sample.Now, sample.Rate);
        if (!rate.HasData)
        {
            return sample.Growth;
        }

        if (rate.PriorDelivered >= _roundEnd)
        {
            _roundEnd = rate.PriorDelivered + rate.Delivered;
            (_roundStart, _trainEnd) = (now, now);
            (_lastMinimum, _minimum, _samples) = (_minimum, TimeSpan.MaxValue, 0);
            IsDone |= IsSuspicious && ++_suspiciousRounds > Rounds;
        }

        if (now - _trainEnd <= TrainGap + (rtt.Minimum / 16))
        {
            _trainEnd = now;
            var full = rtt.Minimum / 2;
            IsDone |= now - _roundStart > full && !rate.IsAppLimited;
            IsNear = now - _roundStart > full / 2 && !rate.IsAppLimited;
        }

        _minimum = rtt.Latest < _minimum ? rtt.Latest : _minimum;
        if (++_samples >= Samples)
        {
            CheckDelay();
        }

        return IsSuspicious ? 0 : sample.Growth;
    }

    private void CheckDelay()
    {
        if (IsSuspicious)
        {
            _baseline = _minimum < _baseline ? TimeSpan.MaxValue : _baseline; // a false alarm
            return;
        }

        if (_lastMinimum == TimeSpan.MaxValue)
        {
            return;
        }

        var threshold = _lastMinimum / 8; // MIN_RTT_DIVISOR
        threshold = threshold < MinThreshold ? MinThreshold : threshold > MaxThreshold ? MaxThreshold : threshold;
        if (_minimum >= _lastMinimum + threshold)
        {
            (_baseline, _suspiciousRounds) = (_minimum, 0);
        }
    }
}
