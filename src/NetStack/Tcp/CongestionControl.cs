namespace Onetun.NetStack;

/// <summary>The congestion control of a connection: how much it may have in flight, and how fast it may send.</summary>
public enum CongestionControl
{
    /// <summary>RFC 9438, the default, and what most of the Internet runs; congestion reduces the window by three tenths.</summary>
    Cubic,

    /// <summary>RFC 5681 and RFC 6582; congestion halves the window.</summary>
    NewReno,

    /// <summary>
    /// BBRv3 (draft-ietf-ccwg-bbr), which sends at the rate that the path delivers; losses of up to 2 % do not reduce it.
    /// </summary>
    Bbr,
}

/// <summary>Creates congestion controls.</summary>
internal static class CongestionControls
{
    /// <param name="control">Which congestion control.</param>
    /// <param name="seed">The seed of its random choices.</param>
    /// <param name="ignoresChance">Only what is lost to congestion reduces its window.</param>
    public static ICongestionControl Create(this CongestionControl control, uint seed, bool ignoresChance = false) => control switch
    {
        CongestionControl.Cubic => new Cubic { IgnoresRandomLoss = ignoresChance },
        CongestionControl.NewReno => new NewReno { IgnoresRandomLoss = ignoresChance },
        CongestionControl.Bbr => new Bbr(seed),
        _ => throw new ArgumentOutOfRangeException(nameof(control), control, "There is no such congestion control."),
    };
}
