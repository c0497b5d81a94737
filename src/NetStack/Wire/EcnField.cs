namespace Onetun.NetStack;

/// <summary>The ECN field of an IP header (RFC 3168 §5): what a router whose queue grows may do with the packet, or has done.</summary>
internal enum EcnField : byte
{
    /// <summary>It can only be dropped.</summary>
    NotEct = 0,

    /// <summary>ECT(1), for experiments (RFC 8311 §4.2); never sent here.</summary>
    Ect1 = 1,

    /// <summary>ECT(0): it may be marked instead.</summary>
    Ect0 = 2,

    /// <summary>Congestion experienced: it was marked.</summary>
    Ce = 3,
}
