namespace Onetun.NetStack;

/// <summary>What a packet turned out to be when its headers were read.</summary>
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

    /// <summary>Its source is an address that no packet comes from (<see cref="IpAddress.MaySend"/>).</summary>
    ForbiddenSource,

    /// <summary>
    /// An IPv6 packet from or to an IPv4-mapped address. Inside it would pass for the IPv4 address, which the peer's allowed
    /// IPs were never asked about.
    /// </summary>
    MappedAddress,
}
