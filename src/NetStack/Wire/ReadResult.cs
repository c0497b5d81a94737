namespace Onetun.NetStack;

/// <summary>The result of reading the headers of a packet.</summary>
internal enum ReadResult
{
    /// <summary>A valid segment.</summary>
    Ok,

    /// <summary>A packet of another protocol, or one that only the general path can read.</summary>
    NotTcp,

    /// <summary>Lengths, header fields or options contradict each other.</summary>
    Malformed,

    /// <summary>The IPv4 header checksum or the TCP checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A fragment, which has to be reassembled first.</summary>
    Fragment,

    /// <summary>Its source is an address from which no packet may come (<see cref="IpAddress.MaySend"/>).</summary>
    ForbiddenSource,

    /// <summary>
    /// An IPv6 packet from or to an IPv4-mapped address. The stack would mistake that for the IPv4 address, which was not checked
    /// against the peer's allowed IPs.
    /// </summary>
    MappedAddress,
}
