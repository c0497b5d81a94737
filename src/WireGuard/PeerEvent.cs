using System.Net;

namespace Onetun.WireGuard;

/// <summary>Something that has happened to a peer: one of the records below.</summary>
public abstract record PeerEvent
{
    private protected PeerEvent(PublicKey publicKey, DateTime time)
    {
        PublicKey = publicKey;
        Time = time;
    }

    /// <summary>The peer's static public key.</summary>
    public PublicKey PublicKey { get; init; }

    /// <summary>When it happened, UTC.</summary>
    public DateTime Time { get; init; }
}

/// <summary>The peer is one of the device's from now on.</summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
public sealed record PeerAdded(PublicKey PublicKey, DateTime Time) : PeerEvent(PublicKey, Time);

/// <summary>The peer is none of the device's any more; its session, if it had one, has ended just before.</summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
public sealed record PeerRemoved(PublicKey PublicKey, DateTime Time) : PeerEvent(PublicKey, Time);

/// <summary>
/// An authentic datagram came from where the peer was not known to be: it is sent to there from now on. The first address of a
/// peer that had none is told so too.
/// </summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
/// <param name="EndPoint">Where it is now.</param>
public sealed record PeerRoamed(PublicKey PublicKey, DateTime Time, IPEndPoint EndPoint) : PeerEvent(PublicKey, Time);

/// <summary>
/// A session has begun, the peer's first or the successor of another: as initiator we have its response, as responder the first
/// packet.
/// </summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
/// <param name="IsInitiator">Whether we began the handshake.</param>
public sealed record HandshakeCompleted(PublicKey PublicKey, DateTime Time, bool IsInitiator) : PeerEvent(PublicKey, Time);

/// <summary>An initiation of ours has had no answer for 5 s (Rekey-Timeout).</summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When it was noticed, UTC: up to a third of a second later.</param>
/// <param name="Attempt">Which initiation it was, from 1 on, since a handshake was last completed.</param>
public sealed record HandshakeUnanswered(PublicKey PublicKey, DateTime Time, int Attempt) : PeerEvent(PublicKey, Time);

/// <summary>
/// A handshake was tried for 90 s (Rekey-Attempt-Time) in vain, and what waited for it is dropped. The next packet, or the
/// persistent keepalive, begins another.
/// </summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
public sealed record HandshakeGivenUp(PublicKey PublicKey, DateTime Time) : PeerEvent(PublicKey, Time);

/// <summary>
/// There is no session with the peer any more: it became 180 s old (Reject-After-Time) without a successor, or it was given up
/// because the peer was removed, our key or network has changed, or of a fault.
/// </summary>
/// <param name="PublicKey">Its static public key.</param>
/// <param name="Time">When, UTC.</param>
public sealed record SessionEnded(PublicKey PublicKey, DateTime Time) : PeerEvent(PublicKey, Time);
