namespace Onetun.NetStack;

/// <summary>
/// Leaves slow start before packets are lost (HyStart), on either of two signs that the path is full: a train of closely
/// spaced ACKs half a round trip long, or a rise in the round-trip time (RFC 9406). The second can mislead, so the window
/// first stays as it is for five rounds, and goes on doubling if the round-trip time falls again. From seven tenths of the length
/// of the first on, segments should be sent hardly faster than they are delivered.
/// </summary>
/// <remarks>
/// RFC 9406 has only the second sign, and lets the window grow by a quarter in each round of conservative slow start (§4.3).
/// As each ACK releases two segments, a flight queues behind itself, and its head shows the delay a whole round after the
/// queue began: at 100 ms, 100 Mbit/s and a queue of one bandwidth-delay product, growing by a quarter loses 1,029 segments,
/// not growing 804, the ACK train none. Linux has both signs too. Pacing, which §4.3 recommends, is for that same flight: if
/// each ACK releases two segments to the end, it leaves half a bandwidth-delay product in the queue.
/// </remarks>
internal struct HyStart()
{
    /// <summary>
    /// How many windows a round trip should be sent in slow start: few, since the peer's WireGuard may have room for 85 datagrams at
    /// once. But a flight comes back as a train of a quarter of a round trip even where the path is not full, and the trains that
    /// count have to be longer. With 5 windows and trains of 0.25 and 0.5 a flow has 0.87 of this over 300 ms of 1 Gbit/s; with 3.5, 0.38
    /// and 0.55 it has 1.05, but beside Linux's CUBIC 1.2 times as large a share.
    /// </summary>
    public const double PacingGain = 4;

    private const double NearlyDoneTrain = 0.35; // In round trips
    private const double DoneTrain = 0.5;
    private const int Samples = 8; // N_RTT_SAMPLE (§4.3)
    private const int CssRounds = 5; // CSS_ROUNDS

    private static readonly TimeSpan MinThreshold = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan MaxThreshold = TimeSpan.FromMilliseconds(16);

    /// <summary>The longest gap between ACKs of a train, besides a sixteenth of the round trip, which is for slow links.</summary>
    private static readonly TimeSpan TrainGap = TimeSpan.FromMilliseconds(2);

    private long _roundEnd; // In bytes delivered: a round ends when what was sent at its start has been acknowledged
    private TimeSpan _roundStart;
    private TimeSpan _trainEnd;
    private TimeSpan _minimum = TimeSpan.MaxValue;
    private TimeSpan _lastMinimum = TimeSpan.MaxValue;
    private TimeSpan _cssBaseline = TimeSpan.MaxValue;
    private int _samples;
    private int _cssRounds;

    /// <summary>Slow start is over.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Slow start may be about to end: segments sent much faster than they are delivered would only queue.</summary>
    public bool IsNearlyDone { get; private set; }

    /// <summary>Conservative slow start.</summary>
    private readonly bool IsInCss => _cssBaseline != TimeSpan.MaxValue;

    /// <summary>An ACK in slow start (§4.2).</summary>
    /// <returns>The growth of the window, in bytes.</returns>
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
            IsDone |= IsInCss && ++_cssRounds > CssRounds;
        }

        if (now - _trainEnd <= TrainGap + (rtt.Minimum / 16))
        {
            _trainEnd = now;
            var train = rate.IsAppLimited ? 0 : (now - _roundStart) / rtt.Minimum;
            IsDone |= train > DoneTrain;
            IsNearlyDone = train > NearlyDoneTrain;
        }

        _minimum = rtt.Latest < _minimum ? rtt.Latest : _minimum;
        if (++_samples >= Samples)
        {
            CheckDelay();
        }

        return IsInCss ? 0 : sample.Growth;
    }

    private void CheckDelay()
    {
        if (IsInCss)
        {
            _cssBaseline = _minimum < _cssBaseline ? TimeSpan.MaxValue : _cssBaseline; // It was spurious: slow start resumes
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
            (_cssBaseline, _cssRounds) = (_minimum, 0);
        }
    }
}
