using Onetun.NetStack;

namespace Onetun.Benchmarks.Simulation;

/// <summary>
/// CUBIC as Linux 6 has it where that differs from ours: HyStart that ends slow start at the first sign; five hundredths a round trip
/// at least until the first loss; growth in whole segments, counted by ACKs; Reno's window with one slope.
/// </summary>
internal sealed class LinuxCubic : ICongestionControl
{
    private const double C = 0.4;
    private const double Beta = 717 / 1024.0;
    private const int TrainWindow = 16; // hystart_low_window

    private static readonly TimeSpan TrainGap = TimeSpan.FromMilliseconds(2);

    private int _segment = 536;
    private (long Window, long Threshold, double Last) _before;
    private double _lastMax;
    private double _origin;
    private double _k;
    private double _reno;
    private double _counted;
    private TimeSpan? _epoch;

    private long _roundEnd;
    private TimeSpan _roundStart;
    private TimeSpan _trainEnd;
    private TimeSpan _roundMinimum = TimeSpan.MaxValue;
    private int _samples;

    public long Window { get; private set; } = ICongestionControl.InitialWindow(536);

    public long SlowStartThreshold { get; private set; } = long.MaxValue;

    public void SetSegmentSize(int size)
    {
        Window = Window == ICongestionControl.InitialWindow(_segment) ? ICongestionControl.InitialWindow(size) : Window;
        _segment = size;
    }

    public void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited)
    {
    }

    public void OnAcknowledged(in AckSample sample, in RttEstimator rtt)
    {
        if (Window < SlowStartThreshold)
        {
            if (SlowStartThreshold == long.MaxValue)
            {
                StartSlowly(sample, rtt);
            }

            Window = Math.Min(Window + sample.Growth, SlowStartThreshold);
            return;
        }

        if (sample.Growth == 0)
        {
            return;
        }

        var window = (double)Window / _segment;
        var acknowledged = (double)sample.Growth / _segment;
        if (_epoch is null)
        {
            (_epoch, _reno) = (sample.Now, window);
            (_k, _origin) = window < _lastMax ? (Math.Cbrt((_lastMax - window) / C), _lastMax) : (0, window);
        }

        var t = (sample.Now - _epoch.Value + rtt.Minimum).TotalSeconds - _k;
        var target = _origin + (C * t * t * t);
        var count = target > window ? window / (target - window) : 100 * window;
        count = _lastMax == 0 ? Math.Min(count, 20) : count;
        _reno += acknowledged * 3 * (1 - Beta) / (1 + Beta) / window;
        count = _reno > window ? Math.Min(count, window / (_reno - window)) : count;
        count = Math.Max(count, 2);
        _counted += acknowledged;
        if (_counted >= count)
        {
            var whole = (long)(_counted / count);
            _counted -= whole * count;
            Window += whole * _segment;
        }
    }

    public void OnLoss(TimeSpan now, long flightSize)
    {
        _before = (Window, SlowStartThreshold, _lastMax);
        var window = (double)Window / _segment;
        _lastMax = window < _lastMax ? window * (1 + Beta) / 2 : window;
        _epoch = null;
        SlowStartThreshold = Math.Max((long)(Window * Beta), 2 * _segment);
    }

    public void OnMark(TimeSpan now, long flightSize) => OnLoss(now, flightSize);

    public void SetWindow(long window) => Window = Math.Max(window, _segment);

    public void OnRecovered() => Window = SlowStartThreshold;

    public void OnTimeout(TimeSpan now, long flightSize, bool first)
    {
        if (first)
        {
            OnLoss(now, flightSize);
        }
    }

    public void OnSpuriousLoss()
    {
        Window = Math.Max(Window, _before.Window);
        SlowStartThreshold = Math.Max(SlowStartThreshold, _before.Threshold);
        _lastMax = _before.Last;
    }

    private void StartSlowly(in AckSample sample, in RttEstimator rtt)
    {
        if (!sample.Rate.HasData)
        {
            return;
        }

        if (sample.Rate.PriorDelivered >= _roundEnd)
        {
            _roundEnd = sample.Delivered;
            (_roundStart, _trainEnd, _roundMinimum, _samples) = (sample.Now, sample.Now, TimeSpan.MaxValue, 0);
        }

        if (Window < TrainWindow * _segment)
        {
            return;
        }

        var done = false;
        if (sample.Now - _trainEnd <= TrainGap)
        {
            _trainEnd = sample.Now;
            done = sample.Now - _roundStart > rtt.Minimum / 2;
        }

        if (_samples++ < 8)
        {
            _roundMinimum = rtt.Latest < _roundMinimum ? rtt.Latest : _roundMinimum;
        }
        else
        {
            var margin = Math.Clamp(rtt.Minimum.TotalMilliseconds / 8, 4, 16);
            done |= _roundMinimum > rtt.Minimum + TimeSpan.FromMilliseconds(margin);
        }

        SlowStartThreshold = done ? Window : SlowStartThreshold;
    }
}
