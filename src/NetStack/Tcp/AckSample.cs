namespace Onetun.NetStack;

/// <summary>What one acknowledgment tells a congestion control, once all is known of it (RS of draft-ietf-ccwg-bbr-05).</summary>
internal readonly struct AckSample
{
    /// <summary>When it came.</summary>
    public TimeSpan Now { get; init; }

    /// <summary>Bytes newly known to have arrived, by ACK or SACK (RS.newly_acked).</summary>
    public long NewlyDelivered { get; init; }

    /// <summary>Bytes that a window which loss shrinks may grow for.</summary>
    public long Growth { get; init; }

    /// <summary>Bytes in flight after it (C.inflight).</summary>
    public long Flight { get; init; }

    /// <summary>The congestion window limited sending before it (C.is_cwnd_limited).</summary>
    public bool IsCwndLimited { get; init; }

    /// <summary>Round trip of the newest segment it acknowledged; zero if there is none that was sent once (RS.rtt).</summary>
    public TimeSpan Rtt { get; init; }

    public bool SackPermitted { get; init; }

    /// <summary>What it says of the network's speed.</summary>
    public RateSample Rate { get; init; }

    /// <summary>Bytes that have arrived, ever (C.delivered).</summary>
    public long Delivered => Rate.PriorDelivered + Rate.Delivered;
}
