namespace Onetun.NetStack;

/// <summary>Smoothed round-trip time and retransmission timeout (RFC 6298).</summary>
internal struct RttEstimator
{
    /// <summary>RFC 6298 (2.1).</summary>
    public static readonly TimeSpan InitialTimeout = TimeSpan.FromSeconds(1);

    /// <summary>RFC 6298 (2.4) says 1 s; 200 ms is what Linux, gVisor and BSD use, and RACK-TLP repairs most tails first.</summary>
    public static readonly TimeSpan MinTimeout = TimeSpan.FromMilliseconds(200);

    /// <summary>RFC 6298 (2.5) asks for at least 60 s.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromSeconds(60);

    private TimeSpan _variation;
    private TimeSpan _base;
    private int _backoff;

    /// <summary>SRTT; zero before the first sample.</summary>
    public TimeSpan Smoothed { get; private set; }

    /// <summary>The smallest sample of the connection; zero before the first.</summary>
    public TimeSpan Minimum { get; private set; }

    /// <summary>The newest sample.</summary>
    public TimeSpan Latest { get; private set; }

    public readonly bool HasSample => Smoothed > TimeSpan.Zero;

    /// <summary>RTO with the backoff of consecutive expiries.</summary>
    public readonly TimeSpan Timeout
    {
        get
        {
            var timeout = HasSample ? _base : InitialTimeout;
            for (var i = 0; i < _backoff && timeout < MaxTimeout; i++)
            {
                timeout *= 2; // (5.5)
            }

            return timeout < MaxTimeout ? timeout : MaxTimeout;
        }
    }

    public void Sample(TimeSpan rtt)
    {
        rtt = rtt > TimeSpan.Zero ? rtt : TimeSpan.FromTicks(1);
        if (!HasSample)
        {
            Smoothed = rtt; // (2.2)
            _variation = rtt / 2;
            Minimum = rtt;
        }
        else
        {
            var error = (Smoothed - rtt).Duration();
            _variation += (error - _variation) / 4; // (2.3), beta = 1/4
            Smoothed += (rtt - Smoothed) / 8; // alpha = 1/8
            Minimum = rtt < Minimum ? rtt : Minimum;
        }

        Latest = rtt;
        _backoff = 0;
        var timeout = Smoothed + (4 * _variation);
        _base = timeout < MinTimeout ? MinTimeout : timeout > MaxTimeout ? MaxTimeout : timeout;
    }

    /// <summary>An expiry: the timeout doubles until a new sample comes (5.5).</summary>
    public void BackOff() => _backoff = Math.Min(_backoff + 1, 16);

    /// <summary>New data was acknowledged: the path lives (5.7 leaves this open; Linux resets here as well).</summary>
    public void ResetBackOff() => _backoff = 0;
}
