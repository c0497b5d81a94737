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
