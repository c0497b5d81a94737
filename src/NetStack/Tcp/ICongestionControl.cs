namespace Onetun.NetStack;

/// <summary>
/// How much may be in flight. All sizes in bytes. Loss recovery decides that something was lost and how recovery is
/// paced (RFC 6937); this decides only the size of the window.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh.</summary>
    long SlowStartThreshold { get; }

    /// <summary>New data was acknowledged outside recovery, and the window was in use.</summary>
    void OnAcknowledged(TimeSpan now, long bytes, in RttEstimator rtt);

    /// <summary>A loss episode begins (RFC 5681 §3.2, RFC 9438 §4.6).</summary>
    void OnLoss(TimeSpan now, long flightSize);

    /// <summary>Recovery goes on: the window PRR allows.</summary>
    void SetWindow(long window);

    /// <summary>The retransmission timer expired (RFC 5681 (4)).</summary>
    void OnTimeout(TimeSpan now, long flightSize, bool first);

    /// <summary>The loss episode was an illusion: everything is as it was.</summary>
    void OnSpuriousLoss();

    /// <summary>Nothing was sent for more than an RTO (RFC 5681 §4.1).</summary>
    void OnIdle(TimeSpan idle);

    /// <summary>The segment size is known, or has changed.</summary>
    void SetSegmentSize(int size);
}
