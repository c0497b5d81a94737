namespace Onetun.WireGuard;

/// <summary>
/// The ECN field of an IP header (RFC 3168 §5). The field of an inner packet is copied to its datagram, so that routers can mark
/// instead of drop; a mark on a received datagram is passed on to the inner packet (RFC 6040).
/// </summary>
public enum EcnField : byte
{
    /// <summary>Not ECN-capable: a router can only drop it.</summary>
    NotEct = 0,

    /// <summary>ECT(1): a router may mark it, by the rules of an experiment (RFC 8311 §4.2).</summary>
    Ect1 = 1,

    /// <summary>ECT(0): a router may mark it.</summary>
    Ect0 = 2,

    /// <summary>Congestion experienced: a router has marked it.</summary>
    Ce = 3,
}
