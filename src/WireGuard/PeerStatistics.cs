using System.Net;

namespace Onetun.WireGuard;

/// <summary>A peer as <c>wg show</c> shows it.</summary>
/// <param name="PublicKey">Whose they are.</param>
/// <param name="EndPoint">Where it was last heard of, or is configured to be; null if it is to speak first.</param>
/// <param name="LastHandshake">When the session in use was agreed, UTC.</param>
/// <param name="ReceivedBytes">All authentic datagrams from it, handshakes included, without UDP and IP headers.</param>
/// <param name="SentBytes">All datagrams to it.</param>
/// <param name="PersistentKeepalive">Zero is off.</param>
/// <param name="HandshakeAttempts">Initiations repeated since the last handshake: high for a dead endpoint.</param>
/// <param name="HasSession">A packet could be sent at once.</param>
/// <param name="PathMtu">
/// The longest inner packet that comes through to it, bytes; null while that is not known to be less than the MTU. The device
/// does not know: whoever sends through it may find out.
/// </param>
public readonly record struct PeerStatistics(
    PublicKey PublicKey,
    IPEndPoint? EndPoint,
    DateTime? LastHandshake,
    long ReceivedBytes,
    long SentBytes,
    TimeSpan PersistentKeepalive,
    int HandshakeAttempts,
    bool HasSession,
    int? PathMtu = null);
