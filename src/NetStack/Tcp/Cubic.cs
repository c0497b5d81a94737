namespace Onetun.NetStack;

/// <summary>
/// CUBIC (RFC 9438) with HyStart's delay test (RFC 9406 without its conservative phase: one early exit, as Linux has it).
/// Windows in bytes here, in segments within the formulas, as the RFC writes them.
/// </summary>
internal sealed class Cubic : ICongestionControl
{
    private const double C = 0.4; // §5
    private const double Beta = 0.7; // §4.6
    private const int HyStartSamples = 8; // RFC 9406 §4.2 N_RTT_SAMPLE
    private const int HyStartMinWindow = 16; // segments

    private static readonly TimeSpan HyStartMinThreshold = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan HyStartMaxThreshold = TimeSpan.FromMilliseconds(16);

    private int _segment = 536;
    private double _windowMax; // segments
    private double _origin; // K, seconds
    private double _estimate; // W_est, segments
    private double _fraction; // bytes of growth not yet a whole one
    private TimeSpan? _epoch;
    private State _before;

    private TimeSpan _roundEnd;
    private TimeSpan _roundMinimum = TimeSpan.MaxValue;
    private TimeSpan _lastRoundMinimum = TimeSpan.MaxValue;
    private int _roundSamples;

    public long Window { get; private set; } = NewReno.InitialWindow(536);

    public long SlowStartThreshold { get; private set; } = long.MaxValue;

    public void SetSegmentSize(int size)
    {
        if (Window == NewReno.InitialWindow(_segment))
        {
            Window = NewReno.InitialWindow(size);
        }

        _segment = size;
    }

    public void OnAcknowledged(TimeSpan now, long bytes, in RttEstimator rtt)
    {
        if (Window < SlowStartThreshold)
        {
            Window += bytes;
            ExitSlowStartOnDelay(now, rtt);
            return;
        }

        Avoid(now, bytes, rtt.Smoothed.TotalSeconds);
    }

    public void OnLoss(TimeSpan now, long flightSize)
    {
        _before = new State(Window, SlowStartThreshold, _windowMax, _origin, _estimate, _epoch);
        var window = (double)Window / _segment;
        _windowMax = window < _windowMax ? window * (1 + Beta) / 2 : window; // §4.7 fast convergence
        SlowStartThreshold = (long)Math.Max(Window * Beta, 2 * _segment); // §4.6
        _epoch = null;
    }

    public void SetWindow(long window) => Window = Math.Max(window, _segment);

    public void OnTimeout(TimeSpan now, long flightSize, bool first)
    {
        if (first)
        {
            OnLoss(now, flightSize);
        }

        Window = _segment; // §4.8
    }

    public void OnSpuriousLoss() // §4.9
    {
        Window = Math.Max(Window, _before.Window);
        SlowStartThreshold = Math.Max(SlowStartThreshold, _before.Threshold);
        (_windowMax, _origin, _estimate, _epoch) =
            (_before.WindowMax, _before.Origin, _before.Estimate, _before.Epoch);
    }

    public void OnIdle(TimeSpan idle)
    {
        Window = Math.Min(Window, NewReno.InitialWindow(_segment));
        _epoch = null; // idle time earns no growth (§4.2: t counts from the epoch)
    }

    private void Avoid(TimeSpan now, long bytes, double rtt)
    {
        var window = (double)Window / _segment;
        if (_epoch is null)
        {
            _epoch = now;
            _estimate = window;
            _windowMax = Math.Max(_windowMax, window);
            _origin = Math.Cbrt((_windowMax - window) / C); // §4.2 Figure 2
        }

        // §4.3 Figure 4: where Reno would be
        var alpha = _estimate < _windowMax ? 3 * (1 - Beta) / (1 + Beta) : 1;
        _estimate += alpha * bytes / Window;

        var t = (now - _epoch.Value).TotalSeconds + rtt - _origin;
        var target = Math.Clamp((C * t * t * t) + _windowMax, window, 1.5 * window); // §4.2 and its clamp
        var growth = Math.Max((target - window) / window * bytes, 0); // §4.4, §4.5
        var reno = (_estimate - window) * _segment;
        _fraction += Math.Max(growth, Math.Min(reno, bytes));
        var whole = (long)_fraction;
        _fraction -= whole;
        Window += whole;
    }

    private void ExitSlowStartOnDelay(TimeSpan now, in RttEstimator rtt)
    {
        if (now >= _roundEnd)
        {
            _lastRoundMinimum = _roundMinimum;
            _roundMinimum = TimeSpan.MaxValue;
            _roundSamples = 0;
            _roundEnd = now + rtt.Smoothed;
        }

        if (_roundSamples < HyStartSamples)
        {
            _roundSamples++;
            _roundMinimum = rtt.Latest < _roundMinimum ? rtt.Latest : _roundMinimum;
        }

        if (_roundSamples < HyStartSamples || _lastRoundMinimum == TimeSpan.MaxValue
            || Window < HyStartMinWindow * _segment)
        {
            return;
        }

        var threshold = _lastRoundMinimum / 8;
        threshold = threshold < HyStartMinThreshold ? HyStartMinThreshold
            : threshold > HyStartMaxThreshold ? HyStartMaxThreshold : threshold;
        if (_roundMinimum >= _lastRoundMinimum + threshold)
        {
            SlowStartThreshold = Window;
        }
    }

    private readonly record struct State(
        long Window, long Threshold, double WindowMax, double Origin, double Estimate, TimeSpan? Epoch);
}
