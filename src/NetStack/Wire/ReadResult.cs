namespace Onetun.NetStack;

/// <summary>What a packet turned out to be when it was read as TCP.</summary>
internal enum ReadResult
{
    /// <summary>A valid segment.</summary>
    Ok,

    /// <summary>A packet of another protocol, or one that only the general path can read.</summary>
    NotTcp,

    /// <summary>Lengths, header fields or options that contradict each other.</summary>
    Malformed,

    /// <summary>The IPv4 header checksum or the TCP checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A part of a packet, to be reassembled first.</summary>
    Fragment,
}
