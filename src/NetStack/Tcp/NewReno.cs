namespace Onetun.NetStack;

/// <summary>NewReno: RFC 5681 with appropriate byte counting (RFC 3465).</summary>
internal sealed class NewReno : LossBasedControl
{
    private long _counted;

    protected override double LossBeta => 0.5;

    protected override double MarkBeta => 0.8;

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
