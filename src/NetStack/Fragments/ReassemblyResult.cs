namespace Onetun.NetStack;

/// <summary>What became of a fragment, one name for each reason to drop it.</summary>
internal enum ReassemblyResult
{
    /// <summary>It is kept, and others are missing.</summary>
    Held,

    /// <summary>It was the last one missing, or the packet was whole to begin with.</summary>
    Complete,

    /// <summary>All of it had come before, byte for byte.</summary>
    Duplicate,

    /// <summary>There is no data in it.</summary>
    Empty,

    /// <summary>
    /// Not the last, and its length is no multiple of 8. IPv6 asks for Parameter Problem, code 0, pointing at the
    /// payload length (4).
    /// </summary>
    BadLength,

    /// <summary>
    /// It ends beyond what a packet can hold. IPv6 asks for Parameter Problem, code 0, pointing at the fragment offset
    /// (<see cref="IpHeader.ProtocolOffset"/> + 2).
    /// </summary>
    TooLong,

    /// <summary>
    /// The first fragment, without all headers through the upper layer's. IPv6 asks for Parameter Problem, code 3,
    /// pointing at 0.
    /// </summary>
    IncompleteHeader,

    /// <summary>It says otherwise than another where the packet ends; the datagram is refused.</summary>
    EndMismatch,

    /// <summary>It overlaps another; the datagram is refused.</summary>
    Overlap,

    /// <summary>
    /// One fragment was marked by a router, and the sender of another did not allow it: a mark must neither get lost nor appear
    /// on what cannot have it (RFC 3168 §5.3); the datagram is refused.
    /// </summary>
    EcnMismatch,

    /// <summary>One more than a datagram may have; the datagram is refused.</summary>
    TooManyFragments,

    /// <summary>There is no memory for it; the datagram is refused.</summary>
    NoRoom,

    /// <summary>It belongs to a datagram that has been refused.</summary>
    Refused,
}
