namespace Onetun.NetStack;

/// <summary>The congestion control of a connection: how much it may have in flight, and how fast it may send.</summary>
public enum CongestionControl
{
    /// <summary>RFC 9438, the default, and what most of the Internet runs; a loss reduces the window by three tenths.</summary>
    Cubic,

    /// <summary>RFC 5681 and RFC 6582; a loss halves the window.</summary>
    NewReno,

    /// <summary>
    /// BBRv3 (draft-ietf-ccwg-bbr), which sends at the rate that the path delivers; losses of up to 2 % do not reduce it.
    /// </summary>
    Bbr,

    /// <summary>
    /// CUBIC whose window stays where the path loses by chance: no more than a two-hundredth in a round trip, of 10 ms or more, or
    /// two or three segments of a few hundred, while segments wait in no queue. At 100 ms, 100 Mbit/s and 0.1 % lost it carries
    /// 76 Mbit/s, and CUBIC 5. Beside CUBIC it takes no more than that, except where a policer drops without any queue.
    /// </summary>
    Tolerant,
}

/// <summary>Creates congestion controls.</summary>
internal static class CongestionControls
{
    /// <param name="control">Which congestion control.</param>
    /// <param name="seed">The seed of its random choices.</param>
    public static ICongestionControl Create(this CongestionControl control, uint seed) => control switch
    {
        CongestionControl.Cubic => new Cubic(),
        CongestionControl.NewReno => new NewReno(),
        CongestionControl.Bbr => new Bbr(seed),
        CongestionControl.Tolerant => new Cubic { IgnoresRandomLoss = true },
        _ => throw new ArgumentOutOfRangeException(nameof(control), control, "There is no such congestion control."),
    };
}
