namespace Onetun.NetStack;

/// <summary>How a connection decides how much it may have in flight.</summary>
public enum CongestionControl
{
    /// <summary>RFC 9438: what most of the internet runs; a window that loss shrinks by three tenths.</summary>
    Cubic,

    /// <summary>RFC 5681 and 6582: the window of old, halved by loss.</summary>
    NewReno,

    /// <summary>BBRv3 (draft-ietf-ccwg-bbr): the rate the path delivers, which loss up to 2 % does not shrink; paced.</summary>
    Bbr,
}

/// <summary>What each of them is.</summary>
internal static class CongestionControls
{
    /// <param name="control">Which.</param>
    /// <param name="seed">Of what it leaves to chance.</param>
    public static ICongestionControl Create(this CongestionControl control, uint seed) => control switch
    {
        CongestionControl.Cubic => new Cubic(),
        CongestionControl.NewReno => new NewReno(),
        CongestionControl.Bbr => new Bbr(seed),
        _ => throw new ArgumentOutOfRangeException(nameof(control), control, "There is no such congestion control."),
    };
}
