namespace Onetun.NetStack;

/// <summary>
/// How much may be in flight, and how fast it may be sent. All sizes in bytes. Loss recovery decides that something was
/// lost; this decides what follows from it.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh; zero for who knows no slow start.</summary>
    long SlowStartThreshold { get; }

    /// <summary>The rate at which segments are paced, in bytes a second; 0 leaves it to the window.</summary>
    double PacingRate => 0;

    /// <summary>Segments are to be paced for now, whatever the options say (Linux: SK_PACING_NEEDED).</summary>
    bool NeedsPacing => false;

    /// <summary>Loss is answered by a model of the path: PRR has no say in the window.</summary>
    bool IsModelBased => false;

    /// <summary>Whether it responds to marks, so that data may be sent as ECN-capable (RFC 3168 §6.1.2).</summary>
    bool RespondsToMarks => true;

    /// <summary>Little is sent on purpose: what is measured says nothing of the path.</summary>
    bool HoldsBack => false;

    /// <summary>RFC 6928: ten segments.</summary>
    static long InitialWindow(int segment) => Math.Min(10 * segment, Math.Max(2 * segment, 14_600));

    /// <summary>The segment size is known, or has changed.</summary>
    void SetSegmentSize(int size);

    /// <summary>The handshake is done.</summary>
    /// <param name="now">When.</param>
    /// <param name="rtt">The round trip it took; zero if that is not known.</param>
    void OnConnected(TimeSpan now, TimeSpan rtt)
    {
    }

    /// <summary>Something is about to be sent, and nothing is in flight (RFC 5681 §4.1).</summary>
    /// <param name="now">When.</param>
    /// <param name="idle">How long nothing was sent.</param>
    /// <param name="timeout">RTO.</param>
    /// <param name="appLimited">There was nothing to send.</param>
    void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited);

    /// <summary>An ACK came; within recovery only to models, for else PRR sets the window.</summary>
    void OnAcknowledged(in AckSample sample, in RttEstimator rtt);

    /// <summary>A segment was marked lost.</summary>
    void OnLost(in SentSegment segment, DeliveryRate rate)
    {
    }

    /// <summary>A loss episode begins (RFC 5681 §3.2, RFC 9438 §4.6).</summary>
    void OnLoss(TimeSpan now, long flightSize);

    /// <summary>The path marked what it might have dropped (RFC 3168 §6.1.2).</summary>
    void OnMark(TimeSpan now, long flightSize);

    /// <summary>The window that PRR, or a timeout, leaves.</summary>
    void SetWindow(long window);

    /// <summary>All that was lost is repaired, or a mark has had its round trip.</summary>
    void OnRecovered();

    /// <summary>The retransmission timer expired (RFC 5681 (4)).</summary>
    void OnTimeout(TimeSpan now, long flightSize, bool first);

    /// <summary>The loss episode was an illusion: everything is as it was.</summary>
    void OnSpuriousLoss();
}
