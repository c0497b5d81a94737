namespace Onetun.NetStack;

/// <summary>
/// How much may be in flight, and how fast it may be sent. All sizes in bytes. Loss recovery decides that something was
/// lost; this decides what follows from it.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh.</summary>
    long SlowStartThreshold { get; }

    /// <summary>Bytes a second that segments are spread to; 0 leaves it to the window.</summary>
    double PacingRate { get; }

    /// <summary>The segment size is known, or has changed.</summary>
    void SetSegmentSize(int size);

    /// <summary>An ACK brought news of delivery; not within recovery, where PRR sets the window.</summary>
    void OnAcknowledged(TimeSpan now, in AckProgress progress, in RttEstimator rtt);

    /// <summary>A loss episode begins (RFC 5681 §3.2, RFC 9438 §4.6).</summary>
    void OnLoss(TimeSpan now, long flightSize);

    /// <summary>Recovery goes on: the window PRR allows.</summary>
    void SetWindow(long window);

    /// <summary>All that was lost is repaired.</summary>
    void OnRecovered();

    /// <summary>The retransmission timer expired (RFC 5681 (4)).</summary>
    void OnTimeout(TimeSpan now, long flightSize, bool first);

    /// <summary>The loss episode was an illusion: everything is as it was.</summary>
    void OnSpuriousLoss();

    /// <summary>Nothing was sent for more than an RTO (RFC 5681 §4.1).</summary>
    void OnIdle(TimeSpan idle);
}
