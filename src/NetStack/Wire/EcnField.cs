namespace Onetun.NetStack;

/// <summary>The ECN field of an IP header (RFC 3168 §5).</summary>
internal enum EcnField : byte
{
    /// <summary>Not ECN-capable: a congested router can only drop the packet.</summary>
    NotEct = 0,

    /// <summary>ECT(1), for experiments (RFC 8311 §4.2); never sent.</summary>
    Ect1 = 1,

    /// <summary>ECT(0), ECN-capable: a congested router may mark the packet instead.</summary>
    Ect0 = 2,

    /// <summary>Congestion experienced: a router marked the packet.</summary>
    Ce = 3,
}
