namespace Onetun.NetStack;

/// <summary>
/// The common part of loss-based congestion controls (RFC 5681): all but how the window grows, and by how much it is reduced.
/// </summary>
internal abstract class LossBasedControl : ICongestionControl
{
    private (long Window, long Threshold) _before;

    public long Window { get; protected set; } = ICongestionControl.InitialWindow(536);

    public long SlowStartThreshold { get; protected set; } = long.MaxValue;

    public bool NeedsPacing { get; protected set; }

    public bool IgnoresRandomLoss { get; init; }

    protected int SegmentSize { get; private set; } = 536;

    /// <summary>The factor by which a loss reduces the window.</summary>
    protected abstract double LossBeta { get; }

    /// <summary>
    /// The factor for a mark: larger, since routers that mark have short queues, which need less to drain (RFC 8511 §3).
    /// </summary>
    protected abstract double MarkBeta { get; }

    public void SetSegmentSize(int size)
    {
        if (Window == ICongestionControl.InitialWindow(SegmentSize))
        {
            Window = ICongestionControl.InitialWindow(size);
        }

        SegmentSize = size;
    }

    public virtual void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited)
    {
        if (idle > timeout)
        {
            SlowStartThreshold = Math.Max(SlowStartThreshold, Window / 4 * 3); // Remembers what the path once took (RFC 2861 §3)
            Window = Math.Min(Window, ICongestionControl.InitialWindow(SegmentSize));
        }
    }

    public abstract void OnAcknowledged(in AckSample sample, in RttEstimator rtt);

    public void OnLoss(TimeSpan now, long flightSize) => Shrink(flightSize, LossBeta);

    public void OnMark(TimeSpan now, long flightSize) => Shrink(flightSize, MarkBeta);

    public void SetWindow(long window) => Window = Math.Max(window, SegmentSize);

    public void OnRecovered() => Window = SlowStartThreshold;

    public void OnTimeout(TimeSpan now, long flightSize, bool first)
    {
        if (first)
        {
            OnLoss(now, flightSize);
        }
    }

    public virtual void OnSpuriousLoss()
    {
        Window = Math.Max(Window, _before.Window);
        SlowStartThreshold = Math.Max(SlowStartThreshold, _before.Threshold);
    }

    /// <summary>The slow start threshold after a loss or a mark; the caller makes it at least two segments.</summary>
    protected abstract long Reduce(long flightSize, double beta);

    private void Shrink(long flightSize, double beta)
    {
        _before = (Window, SlowStartThreshold);
        SlowStartThreshold = Math.Max(Reduce(flightSize, beta), 2 * SegmentSize);
    }
}
