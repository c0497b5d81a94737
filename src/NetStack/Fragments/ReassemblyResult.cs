namespace Onetun.NetStack;

/// <summary>What became of a fragment: one value for each reason to drop it.</summary>
internal enum ReassemblyResult
{
    /// <summary>It is kept, and others are still missing.</summary>
    Held,

    /// <summary>It was the last one missing, or the packet is no fragment.</summary>
    Complete,

    /// <summary>All its bytes were received before, and are equal.</summary>
    Duplicate,

    /// <summary>It has no data.</summary>
    Empty,

    /// <summary>
    /// It is not the last one, and its length is not a multiple of 8. IPv6 asks for Parameter Problem, code 0, pointing at the
    /// payload length (4).
    /// </summary>
    BadLength,

    /// <summary>
    /// It ends beyond the length of the longest packet. IPv6 asks for Parameter Problem, code 0, pointing at the fragment offset
    /// (<see cref="IpHeader.ProtocolOffset"/> + 2).
    /// </summary>
    TooLong,

    /// <summary>
    /// It is the first one, and lacks a part of the headers up to the upper layer's. IPv6 asks for Parameter Problem, code 3,
    /// pointing at 0.
    /// </summary>
    IncompleteHeader,

    /// <summary>It contradicts another one about the end of the packet; the datagram is refused.</summary>
    EndMismatch,

    /// <summary>It overlaps another one; the datagram is refused.</summary>
    Overlap,

    /// <summary>
    /// One fragment is marked, and another is not ECN-capable: the mark must neither be lost nor be put on a packet that is not
    /// ECN-capable (RFC 3168 §5.3); the datagram is refused.
    /// </summary>
    EcnMismatch,

    /// <summary>The datagram has too many fragments, and is refused.</summary>
    TooManyFragments,

    /// <summary>It would exceed the memory limit; the datagram is refused.</summary>
    NoRoom,

    /// <summary>It belongs to a refused datagram.</summary>
    Refused,
}
