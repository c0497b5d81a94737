namespace Onetun.NetStack;

/// <summary>RFC 5681 with appropriate byte counting (RFC 3465).</summary>
internal sealed class NewReno() : LossBasedControl(lossBeta: 0.5, markBeta: 0.8)
{
    private long _counted;

    public override void OnAcknowledged(in AckSample sample, in RttEstimator rtt)
    {
        if (Window < SlowStartThreshold)
        {
            Window = Math.Min(Window + sample.Growth, SlowStartThreshold);
            return;
        }

        _counted += sample.Growth;
        if (_counted >= Window)
        {
            _counted -= Window;
            Window += SegmentSize;
        }
    }

    protected override long Reduce(long flightSize, double beta)
    {
        _counted = 0;
        return (long)(flightSize * beta);
    }
}
