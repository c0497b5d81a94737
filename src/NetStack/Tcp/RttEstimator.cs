namespace Onetun.NetStack;

/// <summary>Smoothed round-trip time and retransmission timeout (RFC 6298).</summary>
internal struct RttEstimator
{
    /// <summary>RFC 6298 (2.1).</summary>
    public static readonly TimeSpan InitialTimeout = TimeSpan.FromSeconds(1);

    /// <summary>RFC 6298 (5.7): after a retransmitted SYN, until there is a sample.</summary>
    public static readonly TimeSpan CautiousTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The least that is added to SRTT (max (G, K*RTTVAR) of RFC 6298 (2.3)): even on a steady path an ACK may be late. It
    /// bounds the timeout as well, for which (2.4) asks for 1 s: Linux has 200 ms for both, and RACK-TLP repairs most tail
    /// losses earlier.
    /// </summary>
    public static readonly TimeSpan MinMargin = TimeSpan.FromMilliseconds(200);

    /// <summary>RFC 6298 (2.5) asks for at least 60 s.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(60);

    private TimeSpan _variation; // RTTVAR
    private TimeSpan _deviation; // The smoothed mean deviation, updated by every sample
    private TimeSpan _largest; // Its maximum in this round trip
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

    /// <summary>RTO, backed off by consecutive timeouts.</summary>
    public readonly TimeSpan Timeout => BackedOff(_backoff);

    /// <summary>RTO doubled a number of times (5.5).</summary>
    public readonly TimeSpan BackedOff(int times)
    {
        var margin = new TimeSpan(4 * _variation.Ticks);
        var timeout = HasSample ? Smoothed + (margin > MinMargin ? margin : MinMargin)
            : _isCautious ? CautiousTimeout
            : InitialTimeout;
        for (var i = 0; i < times && timeout < MaxTimeout; i++)
        {
            timeout *= 2;
        }

        return timeout < MaxTimeout ? timeout : MaxTimeout;
    }

    /// <summary>Takes in a round-trip time sample.</summary>
    /// <param name="rtt">The time since the acknowledged segment was sent, which was once, or since the echoed timestamp.</param>
    /// <param name="una">SND.UNA after the ACK.</param>
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
            Smoothed += (rtt - Smoothed) / 8; // (2.3), alpha is 1/8
            Minimum = rtt < Minimum ? rtt : Minimum;
        }

        Latest = rtt;
        _backoff = 0;
    }

    /// <summary>The timer expired: the timeout doubles until there is a new sample (5.5).</summary>
    public void BackOff() => _backoff = Math.Min(_backoff + 1, 16);

    /// <summary>The SYN was retransmitted: it gives no sample, and the round trip may take seconds (5.7).</summary>
    public void OnRepeatedSyn() => (_isCautious, _backoff) = (true, 0);

    /// <summary>
    /// RFC 7323 §4.2: many samples per round trip must not shorten the history of RTTVAR. As in Linux, only their largest
    /// deviation counts: at once if it exceeds RTTVAR, otherwise at the end of the round trip.
    /// </summary>
    private void TakeDeviation(TimeSpan error, long una, long next)
    {
        _deviation += (error - _deviation) / 4; // (2.3), beta is 1/4
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
