namespace Onetun.NetStack;

/// <summary>What became of a received packet: one value for each way to be accepted or dropped.</summary>
public enum PacketOutcome
{
    /// <summary>A segment with data or ACK for a connection of ours, without SYN, FIN, RST or URG.</summary>
    Segment,

    /// <summary>Any other segment for a connection or a listener of ours.</summary>
    ControlSegment,

    /// <summary>A segment for no connection, which draws a reset, within limits.</summary>
    NoConnection,

    /// <summary>An echo request, which is answered, within limits, or the reply to one of ours.</summary>
    Echo,

    /// <summary>An ICMP error about a flow of ours.</summary>
    IcmpError,

    /// <summary>Any other ICMP message, or one beyond the limits.</summary>
    IcmpIgnored,

    /// <summary>A datagram for a flow or a listener of ours.</summary>
    Datagram,

    /// <summary>A datagram dropped because too many of its flow, or of all flows, are unread.</summary>
    BufferFull,

    /// <summary>A datagram to a port that is not in use, which draws a port unreachable error, within limits.</summary>
    NoPort,

    /// <summary>A packet of an unknown protocol, which draws a protocol unreachable error, within limits.</summary>
    UnknownProtocol,

    /// <summary>The destination address is not ours.</summary>
    NotOurs,

    /// <summary>
    /// The source address is loopback, multicast, broadcast or unspecified, from where no packet may come, or one of our own.
    /// </summary>
    ForbiddenSource,

    /// <summary>
    /// An IPv6 packet from or to an IPv4-mapped address (::ffff:0:0/96), which would be mistaken for the IPv4 address in it.
    /// </summary>
    MappedAddress,

    /// <summary>No IP packet, or one that is truncated or contradicts itself.</summary>
    Malformed,

    /// <summary>A checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A fragment that waits for others, or that was dropped.</summary>
    Fragment,

    /// <summary>A SYN, or the datagram of a new sender, beyond the backlog or the limit on connections or flows.</summary>
    Refused,

    /// <summary>It was dropped because of a fault in this code (<see cref="IpStack.TryTakeFault"/>).</summary>
    Fault,
}
