namespace Onetun.NetStack;

/// <summary>What became of a packet: one name for each way to be taken in or dropped.</summary>
public enum PacketOutcome
{
    /// <summary>The predicted kind of segment, for a connection of ours.</summary>
    Segment,

    /// <summary>Any other segment for a connection or a listener of ours.</summary>
    ControlSegment,

    /// <summary>A segment for no connection; it is answered with RST, within limits.</summary>
    NoConnection,

    /// <summary>An echo request, which is answered, within limits; or the answer to one of ours.</summary>
    Echo,

    /// <summary>An ICMP error that was believed.</summary>
    IcmpError,

    /// <summary>An ICMP message of no use to us.</summary>
    IcmpIgnored,

    /// <summary>A datagram for a flow or a listener of ours.</summary>
    Datagram,

    /// <summary>A datagram whose flow has too many unread.</summary>
    BufferFull,

    /// <summary>A datagram to a port nobody has; it is answered with port unreachable, within limits.</summary>
    NoPort,

    /// <summary>A protocol nobody speaks here.</summary>
    UnknownProtocol,

    /// <summary>The destination address is not ours.</summary>
    NotOurs,

    /// <summary>Its source is loopback, multicast, broadcast or unspecified: no packet comes from there.</summary>
    ForbiddenSource,

    /// <summary>
    /// An IPv6 packet from or to an IPv4-mapped address (::ffff:0:0/96), which would pass for the IPv4 address in it.
    /// </summary>
    MappedAddress,

    /// <summary>Not an IP packet, or cut short, or contradictory.</summary>
    Malformed,

    /// <summary>A checksum is wrong.</summary>
    BadChecksum,

    /// <summary>A fragment that waits for others, or can never be put together.</summary>
    Fragment,

    /// <summary>A SYN or a new sender beyond the backlog or the bound on connections and flows.</summary>
    Refused,

    /// <summary>It met a fault in this code, and was dropped (<see cref="IpStack.TryTakeFault"/>).</summary>
    Fault,
}
