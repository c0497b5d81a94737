using System.Net;

namespace Onetun.WireGuard;

/// <summary>A peer as <c>wg show</c> shows it.</summary>
public readonly record struct PeerStatistics
{
    /// <summary>Whose they are.</summary>
    public PublicKey PublicKey { get; init; }

    /// <summary>Where it was last heard of, or is configured to be; null if it is to speak first.</summary>
    public IPEndPoint? EndPoint { get; init; }

    /// <summary>When the session in use was agreed, UTC.</summary>
    public DateTime? LastHandshake { get; init; }

    /// <summary>All authentic datagrams from it, handshakes included, without UDP and IP headers.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>All datagrams to it.</summary>
    public long SentBytes { get; init; }

    /// <summary>Zero is off.</summary>
    public TimeSpan PersistentKeepalive { get; init; }

    /// <summary>Initiations repeated since the last handshake: high for a dead endpoint.</summary>
    public int HandshakeAttempts { get; init; }

    /// <summary>A packet could be sent at once.</summary>
    public bool HasSession { get; init; }

    /// <summary>
    /// The longest inner packet that comes through to it, bytes; null while that is not known to be less than the MTU. The device
    /// does not know: whoever sends through it may find out.
    /// </summary>
    public int? PathMtu { get; init; }
}
