namespace Onetun.NetStack;

/// <summary>Smoothed round-trip time and retransmission timeout (RFC 6298).</summary>
internal struct RttEstimator
{
    /// <summary>RFC 6298 (2.1).</summary>
    public static readonly TimeSpan InitialTimeout = TimeSpan.FromSeconds(1);

    /// <summary>RFC 6298 (5.7): without a sample, after a SYN that took two.</summary>
    public static readonly TimeSpan CautiousTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// What an ACK may be late by, however steady the path has been (max (G, K*RTTVAR) of RFC 6298 (2.3)), and so the least
    /// timeout: (2.4) says 1 s; 200 ms is what Linux has for both, and RACK-TLP repairs most tails first.
    /// </summary>
    public static readonly TimeSpan MinLateness = TimeSpan.FromMilliseconds(200);

    /// <summary>RFC 6298 (2.5) asks for at least 60 s.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(60);

    private TimeSpan _variation; // RTTVAR
    private TimeSpan _deviation; // of all samples, smoothed
    private TimeSpan _largest; // that it was in this round trip
    private long _roundEnd;
    private bool _isCautious;
    private int _backoff;

    /// <summary>SRTT; zero before the first sample.</summary>
    public TimeSpan Smoothed { get; private set; }

    /// <summary>The smallest sample of the connection; zero before the first.</summary>
    public TimeSpan Minimum { get; private set; }

    /// <summary>The newest sample.</summary>
    public TimeSpan Latest { get; private set; }

    public readonly bool HasSample => Smoothed > TimeSpan.Zero;

    /// <summary>RTO with the backoff of consecutive expiries.</summary>
    public readonly TimeSpan Timeout => BackedOff(_backoff);

    /// <summary>RTO doubled so often (5.5).</summary>
    public readonly TimeSpan BackedOff(int times)
    {
        var lateness = new TimeSpan(4 * _variation.Ticks);
        var timeout = HasSample ? Smoothed + (lateness > MinLateness ? lateness : MinLateness)
            : _isCautious ? CautiousTimeout
            : InitialTimeout;
        for (var i = 0; i < times && timeout < MaxTimeout; i++)
        {
            timeout *= 2;
        }

        return timeout < MaxTimeout ? timeout : MaxTimeout;
    }

    /// <summary>An ACK tells a round trip.</summary>
    /// <param name="rtt">Of something that was sent once, or by the timestamp it echoes.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="next">SND.NXT.</param>
    public void Sample(TimeSpan rtt, long una, long next)
    {
        rtt = rtt > TimeSpan.Zero ? rtt : TimeSpan.FromTicks(1);
        if (!HasSample)
        {
            Smoothed = rtt; // (2.2)
            _variation = _deviation = rtt / 2;
            Minimum = rtt;
        }
        else
        {
            TakeDeviation((Smoothed - rtt).Duration(), una, next);
            Smoothed += (rtt - Smoothed) / 8; // (2.3), alpha = 1/8
            Minimum = rtt < Minimum ? rtt : Minimum;
        }

        Latest = rtt;
        _backoff = 0;
    }

    /// <summary>An expiry: the timeout doubles until a new sample comes (5.5).</summary>
    public void BackOff() => _backoff = Math.Min(_backoff + 1, 16);

    /// <summary>The SYN that was answered may be any of several: there is no sample, and a path that may take seconds (5.7).</summary>
    public void OnRepeatedSyn() => (_isCautious, _backoff) = (true, 0);

    /// <summary>
    /// RFC 7323 §4.2: many samples in a round trip must not make its history shorter. So what they deviate by at the most
    /// counts, at once where it is more than before, and else when the round trip is over, as Linux has it.
    /// </summary>
    private void TakeDeviation(TimeSpan error, long una, long next)
    {
        _deviation += (error - _deviation) / 4; // (2.3), beta = 1/4
        _largest = _deviation > _largest ? _deviation : _largest;
        if (_largest > _variation)
        {
            _variation = _largest;
        }

        if (una > _roundEnd)
        {
            _variation += (_largest - _variation) / 4;
            (_largest, _roundEnd) = (TimeSpan.Zero, next);
        }
    }
}
