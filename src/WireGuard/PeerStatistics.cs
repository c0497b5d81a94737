using System.Net;

namespace Onetun.WireGuard;

/// <summary>What <c>wg show</c> tells of a peer, at one moment.</summary>
public readonly record struct PeerStatistics
{
    /// <summary>The peer's static public key.</summary>
    public PublicKey PublicKey { get; init; }

    /// <summary>Where it was last heard from, or is configured to be; null if neither is known.</summary>
    public IPEndPoint? EndPoint { get; init; }

    /// <summary>When the last handshake was completed, UTC; null if none has been.</summary>
    public DateTime? LastHandshake { get; init; }

    /// <summary>
    /// From our newest initiation that was answered to its response: the round trip outside the tunnel, and the peer's work of
    /// the handshake; null if none has been. A handshake that the peer began does not change it.
    /// </summary>
    public TimeSpan? HandshakeRoundTrip { get; init; }

    /// <summary>
    /// Bytes of all authentic datagrams from it, handshakes included, without outer UDP and IP headers.
    /// </summary>
    public long ReceivedBytes { get; init; }

    /// <summary>Bytes of all datagrams to it, counted in the same way.</summary>
    public long SentBytes { get; init; }

    /// <summary>After how long without anything sent or received a keepalive is sent; zero is off.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    /// <summary>
    /// Initiations since the last handshake that got no response, the newest not counted: many for a dead endpoint.
    /// </summary>
    public int HandshakeAttempts { get; init; }

    /// <summary>Whether there is a session on which a packet could be sent at once.</summary>
    public bool HasSession { get; init; }

    /// <summary>
    /// The longest inner packet that gets through to it, bytes; null while that is not known to be less than the MTU. The device
    /// itself always says null: only whoever sends through it can find out.
    /// </summary>
    public int? PathMtu { get; init; }
}
