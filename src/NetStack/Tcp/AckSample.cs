namespace Onetun.NetStack;

/// <summary>What a congestion control gets of an ACK that has been processed (RS of draft-ietf-ccwg-bbr-05).</summary>
internal readonly struct AckSample
{
    /// <summary>When it arrived.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>Bytes newly delivered, by cumulative ACK or SACK (RS.newly_acked).</summary>
    public long NewlyDelivered { get; init; }

    /// <summary>Bytes for which the window of a loss-based congestion control may grow.</summary>
    public long Growth { get; init; }

    /// <summary>Bytes in flight after it (C.inflight).</summary>
    public long Flight { get; init; }

    /// <summary>The congestion window limited sending before it (C.is_cwnd_limited).</summary>
    public bool IsCwndLimited { get; init; }

    /// <summary>The round-trip time of the newest segment it delivered; zero without a sample (RS.rtt).</summary>
    public TimeSpan Rtt { get; init; }

    public bool SackPermitted { get; init; }

    /// <summary>The delivery rate sample.</summary>
    public RateSample Rate { get; init; }

    /// <summary>Bytes delivered over the connection's life (C.delivered).</summary>
    public long Delivered => Rate.PriorDelivered + Rate.Delivered;
}
