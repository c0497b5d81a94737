namespace Onetun.WireGuard;

/// <summary>What a received datagram was, or why it was dropped. Each is counted.</summary>
public enum DatagramOutcome
{
    /// <summary>An inner packet, authentic and from an address that its peer may use.</summary>
    Packet,

    /// <summary>An authentic packet without payload.</summary>
    Keepalive,

    /// <summary>A peer's initiation. The response waits to be transmitted.</summary>
    HandshakeInitiation,

    /// <summary>The response to our initiation. The session is in use.</summary>
    HandshakeResponse,

    /// <summary>A cookie for our next handshake message.</summary>
    CookieReply,

    /// <summary>A handshake message that waits for its turn, because many came at once.</summary>
    HandshakeQueued,

    /// <summary>Dropped: not the length or not the type of any message.</summary>
    UnknownMessage,

    /// <summary>Dropped: it names no handshake or session of ours.</summary>
    UnknownIndex,

    /// <summary>Dropped: mac1 is not made with our public key.</summary>
    InvalidMac1,

    /// <summary>Dropped, and a cookie sent: under load, and mac2 is not made with the cookie of its source.</summary>
    CookieRequired,

    /// <summary>Dropped: under load, and its source sends too many handshake messages.</summary>
    RateLimited,

    /// <summary>Dropped: too many handshake messages wait.</summary>
    HandshakeQueueFull,

    /// <summary>Dropped: a handshake message that does not decrypt.</summary>
    InvalidHandshake,

    /// <summary>Dropped: an initiation of somebody who is no peer.</summary>
    UnknownPeer,

    /// <summary>Dropped: an initiation whose time stamp is not later than the last one's.</summary>
    ReplayedInitiation,

    /// <summary>Dropped: an initiation less than 20 ms after the last one.</summary>
    InitiationTooSoon,

    /// <summary>Dropped: a cookie reply that does not answer our last handshake message.</summary>
    InvalidCookieReply,

    /// <summary>Dropped: its session is older than 180 s.</summary>
    SessionExpired,

    /// <summary>Dropped: its counter was seen before, is too old, or past the limit.</summary>
    ReplayedPacket,

    /// <summary>Dropped: it does not decrypt.</summary>
    InvalidPacket,

    /// <summary>Dropped: authentic, but its payload is no IP packet.</summary>
    MalformedInnerPacket,

    /// <summary>
    /// Dropped: authentic, but an IPv6 packet from or to an IPv4-mapped address (::ffff:0:0/96). Allowed IPs would be asked
    /// about the IPv6 address, and an IP stack would take it for the IPv4 one, which may be another peer's.
    /// </summary>
    MappedAddress,

    /// <summary>Dropped: authentic, but from a loopback, multicast, broadcast or unspecified address.</summary>
    ForbiddenSource,

    /// <summary>Dropped: authentic, but its inner source address is not this peer's.</summary>
    SourceNotAllowed,

    /// <summary>
    /// Dropped: authentic, but a router marked it as one that met congestion, of which its sender cannot be told in another way
    /// (RFC 6040 §4.2: CE around Not-ECT).
    /// </summary>
    Congested,

    /// <summary>Dropped: it met a fault in this code (<see cref="Device.TryTakeFault"/>).</summary>
    Fault,
}
