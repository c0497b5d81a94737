namespace Onetun.NetStack;

/// <summary>CUBIC (RFC 9438). Windows are in bytes, but in segments within the RFC's formulas.</summary>
internal sealed class Cubic : LossBasedControl
{
    private const double C = 0.4; // §5
    private const double Beta = 0.7; // §4.6

    /// <summary>
    /// α_cubic, segments in each round trip: with <see cref="Beta"/>, the window of Reno in the mean (§4.3). It stays so past W_max, as
    /// in Linux, where the RFC would have 1: with that, a flow takes 1.1 and 1.2 times as much of a link that it shares with the
    /// kernel's CUBIC (20 and 100 Mbit/s, 20 ms, a queue of one bandwidth-delay product).
    /// </summary>
    private const double Alpha = 3 * (1 - Beta) / (1 + Beta);

    /// <summary>
    /// Growth in each round trip until the first loss, as in Linux. HyStart ends slow start below what the path holds, and knows no
    /// W_max: from there, the cubic function takes 13 s to the next 900 segments, the bandwidth-delay product of 100 Mbit/s and 100 ms.
    /// </summary>
    private const double LeastGrowth = 0.05;

    private double _windowMax; // W_max, in segments
    private double _origin; // K, in seconds
    private double _estimate; // W_est, in segments
    private double _fraction; // Growth of less than a byte
    private TimeSpan? _epoch;
    private TimeSpan? _appLimitedSince;
    private bool _knowsMax; // A loss has shown W_max
    private State _before;
    private HyStart _hyStart = new();

    protected override double LossBeta => Beta;

    protected override double MarkBeta => 0.85;

    public override void OnAcknowledged(in AckSample sample, in RttEstimator rtt)
    {
        if (Window >= SlowStartThreshold)
        {
            Avoid(sample, rtt.Smoothed.TotalSeconds);
            return;
        }

        if (SlowStartThreshold < long.MaxValue)
        {
            // Up to ssthresh and no further (RFC 5681 §3.1): HyStart is only for the initial slow start (RFC 9406 §4.3)
            Window = Math.Min(Window + sample.Growth, SlowStartThreshold);
            return;
        }

        Window += _hyStart.OnAcknowledged(sample, rtt);
        NeedsPacing = _hyStart.IsNearlyDone; // Until the window at which slow start ends has been filled
        if (_hyStart.IsDone)
        {
            SlowStartThreshold = Window;
        }
    }

    public override void OnSpuriousLoss() // §4.9
    {
        base.OnSpuriousLoss();
        (_windowMax, _origin, _estimate, _epoch, _knowsMax) =
            (_before.WindowMax, _before.Origin, _before.Estimate, _before.Epoch, _before.KnowsMax);
    }

    public override void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited)
    {
        base.OnRestart(now, idle, timeout, appLimited);
        if (idle > timeout)
        {
            _epoch = null;
        }
    }

    protected override long Reduce(long flightSize, double beta)
    {
        _before = new State(_windowMax, _origin, _estimate, _epoch, _knowsMax);
        var window = (double)Window / SegmentSize;
        _windowMax = window < _windowMax ? window * (1 + beta) / 2 : window; // §4.7, fast convergence
        _epoch = null;
        _knowsMax = true;
        NeedsPacing = false;
        return (long)(Window * beta); // §4.6
    }

    private void Avoid(in AckSample sample, double rtt)
    {
        if (!sample.IsCwndLimited)
        {
            _appLimitedSince ??= sample.Now;
            return;
        }

        if (_appLimitedSince is { } since)
        {
            _epoch += sample.Now - since; // The window does not grow for application-limited periods (§5.8)
            _appLimitedSince = null;
        }

        if (sample.Growth == 0)
        {
            return;
        }

        NeedsPacing = false;
        var window = (double)Window / SegmentSize;
        if (_epoch is null)
        {
            _epoch = sample.Now;
            _estimate = window;
            _windowMax = Math.Max(_windowMax, window);
            _origin = Math.Cbrt((_windowMax - window) / C); // §4.2, figure 2
        }

        // §4.3, figure 4: the window that Reno would have
        _estimate += Alpha * sample.Growth / Window;

        var t = (sample.Now - _epoch.Value).TotalSeconds + rtt - _origin;
        var target = Math.Clamp((C * t * t * t) + _windowMax, window, 1.5 * window); // §4.2, with its bounds
        var growth = (target - window) / window * sample.Growth; // §4.4 and §4.5
        var reno = (_estimate - window) * SegmentSize;
        growth = _knowsMax ? growth : Math.Max(growth, LeastGrowth * sample.Growth);
        _fraction += Math.Max(growth, Math.Min(reno, sample.Growth));
        var whole = (long)_fraction;
        _fraction -= whole;
        Window += whole;
    }

    private readonly record struct State(double WindowMax, double Origin, double Estimate, TimeSpan? Epoch, bool KnowsMax);
}
