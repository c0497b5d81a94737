namespace Onetun.WireGuard;

/// <summary>
/// The ECN field of an IP header (RFC 3168 §5). An inner packet's goes out with its datagram, so that a router can mark instead
/// of drop; a mark that comes with a datagram goes into the inner packet (RFC 6040).
/// </summary>
public enum EcnField : byte
{
    /// <summary>A router can only drop it.</summary>
    NotEct = 0,

    /// <summary>ECT(1): a router may mark it, by the rules of an experiment (RFC 8311 §4.2).</summary>
    Ect1 = 1,

    /// <summary>ECT(0): a router may mark it.</summary>
    Ect0 = 2,

    /// <summary>Congestion experienced: a router has marked it.</summary>
    Ce = 3,
}
