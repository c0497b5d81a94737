namespace Onetun.NetStack;

/// <summary>
/// How much may be in flight, and how fast it may be sent. All sizes are in bytes. Loss recovery decides what was lost;
/// congestion control decides what follows from it.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>cwnd.</summary>
    long Window { get; }

    /// <summary>ssthresh; zero if there is no slow start.</summary>
    long SlowStartThreshold { get; }

    /// <summary>The rate at which segments are paced, in bytes a second; 0 leaves it to the window.</summary>
    double PacingRate => 0;

    /// <summary>Segments are to be paced for now, whatever the options say (Linux: SK_PACING_NEEDED).</summary>
    bool NeedsPacing => false;

    /// <summary>Whether the response to loss follows from a model of the path, instead of PRR.</summary>
    bool IsModelBased => false;

    /// <summary>Whether what the path loses by chance leaves the window as it is (<see cref="RandomLoss"/>).</summary>
    bool IgnoresRandomLoss => false;

    /// <summary>Whether it responds to marks, so that data may be sent as ECN-capable (RFC 3168 §6.1.2).</summary>
    bool RespondsToMarks => true;

    /// <summary>Whether it sends little on purpose, so that samples do not measure the path.</summary>
    bool HoldsBack => false;

    /// <summary>The initial window of RFC 6928: ten segments.</summary>
    static long InitialWindow(int segment) => Math.Min(10 * segment, Math.Max(2 * segment, 14_600));

    /// <summary>The segment size is known, or has changed.</summary>
    void SetSegmentSize(int size);

    /// <summary>The handshake is complete.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="rtt">Its round-trip time; zero if that is not known.</param>
    void OnConnected(TimeSpan now, TimeSpan rtt)
    {
    }

    /// <summary>A segment is about to be sent while nothing is in flight (RFC 5681 §4.1).</summary>
    /// <param name="now">The current time.</param>
    /// <param name="idle">The time since the last segment was sent.</param>
    /// <param name="timeout">RTO.</param>
    /// <param name="appLimited">Whether the connection is application-limited.</param>
    void OnRestart(TimeSpan now, TimeSpan idle, TimeSpan timeout, bool appLimited);

    /// <summary>An ACK was processed; in recovery only for model-based controls, as otherwise PRR sets the window.</summary>
    void OnAcknowledged(in AckSample sample, in RttEstimator rtt);

    /// <summary>A segment was marked lost.</summary>
    void OnLost(in SentSegment segment, DeliveryRate rate)
    {
    }

    /// <summary>A loss episode begins (RFC 5681 §3.2, RFC 9438 §4.6).</summary>
    void OnLoss(TimeSpan now, long flightSize);

    /// <summary>The peer echoes a mark (RFC 3168 §6.1.2).</summary>
    void OnMark(TimeSpan now, long flightSize);

    /// <summary>Sets the window, as PRR or a timeout requires.</summary>
    void SetWindow(long window);

    /// <summary>All losses are repaired, or the round trip after a mark is over.</summary>
    void OnRecovered();

    /// <summary>The retransmission timer expired (RFC 5681 (4)).</summary>
    void OnTimeout(TimeSpan now, long flightSize, bool first);

    /// <summary>The loss episode was spurious: restores the state before it.</summary>
    void OnSpuriousLoss();
}
