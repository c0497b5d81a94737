namespace Onetun.NetStack;

/// <summary>RFC 5681 with appropriate byte counting (RFC 3465).</summary>
internal sealed class NewReno : ICongestionControl
{
    private const double Beta = 0.5;
    private const double MarkBeta = 0.8; // RFC 8511 §3: who marks has a short queue, and less empties it

    private int _segment = 536;
    private long _counted;
    private (long Window, long Threshold) _before;

    public long Window { get; private set; } = InitialWindow(536);

    public long SlowStartThreshold { get; private set; } = long.MaxValue;

    /// <summary>RFC 6928: ten segments.</summary>
    public static long InitialWindow(int segment) => Math.Min(10 * segment, Math.Max(2 * segment, 14_600));

    public void SetSegmentSize(int size)
    {
        if (Window == InitialWindow(_segment))
        {
            Window = InitialWindow(size);
        }

        _segment = size;
    }

    public void OnAcknowledged(TimeSpan now, in AckProgress progress, in RttEstimator rtt)
    {
        if (Window < SlowStartThreshold)
        {
            Window = Math.Min(Window + progress.Growth, SlowStartThreshold);
            return;
        }

        _counted += progress.Growth;
        if (_counted >= Window)
        {
            _counted -= Window;
            Window += _segment;
        }
    }

    public void OnLoss(TimeSpan now, long flightSize) => Reduce(flightSize, Beta);

    public void OnMark(TimeSpan now, long flightSize) => Reduce(flightSize, MarkBeta);

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
    }

    public void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited)
    {
        if (idle <= timeout)
        {
            return;
        }

        SlowStartThreshold = Math.Max(SlowStartThreshold, Window / 4 * 3); // RFC 2861 §3: what the path once took is known
        Window = Math.Min(Window, InitialWindow(_segment));
    }

    private void Reduce(long flightSize, double beta)
    {
        _before = (Window, SlowStartThreshold);
        SlowStartThreshold = Math.Max((long)(flightSize * beta), 2 * _segment);
        _counted = 0;
    }
}
