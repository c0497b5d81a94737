namespace Onetun.WireGuard;

/// <summary>What a received datagram was, or why it was dropped. The device counts each of them.</summary>
public enum DatagramOutcome
{
    /// <summary>A data message with an inner packet: authentic, and from an address among its peer's allowed IPs.</summary>
    Packet,

    /// <summary>An authentic data message without an inner packet.</summary>
    Keepalive,

    /// <summary>A peer's handshake initiation. The response waits to be transmitted.</summary>
    HandshakeInitiation,

    /// <summary>The handshake response to our initiation. The session is in use.</summary>
    HandshakeResponse,

    /// <summary>A cookie reply: its cookie goes with our next handshake message.</summary>
    CookieReply,

    /// <summary>
    /// A handshake message that waits for its turn, because many came at once. It is counted again when handled.
    /// </summary>
    HandshakeQueued,

    /// <summary>Dropped: no message has this type, or not with this length.</summary>
    UnknownMessage,

    /// <summary>Dropped: the receiver index in it names no handshake or session of ours.</summary>
    UnknownIndex,

    /// <summary>Dropped: a handshake message whose mac1 was not made with our public key.</summary>
    InvalidMac1,

    /// <summary>
    /// Dropped, and answered with a cookie reply: we are under load, and mac2 does not prove its source address.
    /// </summary>
    CookieRequired,

    /// <summary>Dropped: we are under load, and its source address sends more than 20 handshake messages a second.</summary>
    RateLimited,

    /// <summary>Dropped: as many handshake messages wait already as may.</summary>
    HandshakeQueueFull,

    /// <summary>Dropped: a handshake message that is not authentic.</summary>
    InvalidHandshake,

    /// <summary>Dropped: a handshake initiation from a static key that is no peer's.</summary>
    UnknownPeer,

    /// <summary>Dropped: a handshake initiation whose timestamp is not later than that of the last one.</summary>
    ReplayedInitiation,

    /// <summary>Dropped: a handshake initiation less than 20 ms after the peer's last one.</summary>
    InitiationTooSoon,

    /// <summary>Dropped: a cookie reply that does not answer our last handshake message.</summary>
    InvalidCookieReply,

    /// <summary>Dropped: a data message of a session that is 180 s old or older.</summary>
    SessionExpired,

    /// <summary>Dropped: a data message whose counter was seen before, is too old, or is past the last one allowed.</summary>
    ReplayedPacket,

    /// <summary>Dropped: a data message that is not authentic.</summary>
    InvalidPacket,

    /// <summary>Dropped: authentic, but what it holds is not an IP packet.</summary>
    MalformedInnerPacket,

    /// <summary>
    /// Dropped: authentic, but an IPv6 packet from or to an IPv4-mapped address (::ffff:0:0/96). The allowed IPs would be
    /// searched for the IPv6 address, while an IP stack may take it for the IPv4 one, which can be another peer's.
    /// </summary>
    MappedAddress,

    /// <summary>Dropped: authentic, but its inner source address is loopback, multicast, broadcast or unspecified.</summary>
    ForbiddenSource,

    /// <summary>Dropped: authentic, but its inner source address is not among its peer's allowed IPs.</summary>
    SourceNotAllowed,

    /// <summary>
    /// Dropped: authentic, but a router has marked it as having met congestion, and a loss is the only way to tell the sender
    /// of the inner packet (RFC 6040 §4.2: CE around Not-ECT).
    /// </summary>
    Congested,

    /// <summary>Dropped: it ran into a fault in the device's own code (<see cref="Device.TryTakeFault"/>).</summary>
    Fault,
}
