using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// A peer's handshakes in both roles: one slot for the initiation under way, the timestamps that order initiations, and the
/// message that waits to be transmitted. It reads its peer's key and endpoint, tells its timers, and changes nothing else of it:
/// a step that ends in a session returns the session.
/// </summary>
internal sealed class PeerHandshake
{
    private readonly DeviceState _device;
    private readonly Peer _peer;
    private readonly PeerTimers _timers;
    private readonly Initiator _initiator = new();
    private readonly CookieGenerator _cookies;
    private readonly byte[] _presharedKey = GC.AllocateArray<byte>(PresharedKey.Size, pinned: true);
    private readonly byte[] _staticShared = GC.AllocateArray<byte>(Curve25519.KeySize, pinned: true);
    private readonly byte[] _message = new byte[HandshakeInitiation.Size];
    private int _messageLength;
    private bool _hasStaticShared;
    private Tai64n _lastTimestampSent;
    private Tai64n _lastTimestampReceived;
    private TimeSpan? _lastInitiationReceived;
    private TimeSpan _initiatedAt;
    private bool _isToldUnanswered;

    /// <summary>Initiations since the last handshake was completed. A new packet to send does not hide them.</summary>
    private int _initiations;

    /// <summary>Retries since there was last something to send: a new packet starts the count again.</summary>
    private int _retries;

    /// <summary>
    /// Rekey-Timeout after the last message that was sent, so that no two initiations are nearer (WireGuard §6.1).
    /// </summary>
    private TimeSpan _notBefore = TimeSpan.MinValue;

    public PeerHandshake(DeviceState device, Peer peer, PeerTimers timers)
    {
        _device = device;
        _peer = peer;
        _timers = timers;
        _cookies = new CookieGenerator(peer.PublicKey);
        ComputeStaticShared();
    }

    /// <summary>When the last handshake was completed, UTC.</summary>
    public DateTime? CompletedAt { get; private set; }

    /// <summary>
    /// From our newest initiation that was answered to the response. Each has an index of its own, so that it is never in doubt
    /// which of several the response is for.
    /// </summary>
    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>Initiations without answer since the last handshake, not counting the newest: it may still be answered.</summary>
    public int Unanswered => Math.Max(0, _initiations - 1);

    /// <summary>An initiation was repeated, and the next is under way.</summary>
    public bool IsUnanswered => Unanswered > 0 && _timers.IsPending(PeerTimer.RetransmitHandshake);

    /// <summary>Retried as often as may be: it is given up, until there is something to send again.</summary>
    public bool IsExhausted => _retries > Constants.MaxHandshakeAttempts;

    /// <summary>The index of the initiation that waits for its response.</summary>
    public uint? PendingIndex => _initiator.IsPending ? _initiator.LocalIndex : null;

    /// <summary>Takes effect with the next handshake.</summary>
    public void SetPresharedKey(PresharedKey? key)
    {
        CryptographicOperations.ZeroMemory(_presharedKey);
        key?.Bytes.CopyTo(_presharedKey);
    }

    /// <summary>Our own key changed. A handshake may start at once.</summary>
    public void IdentityChanged()
    {
        ComputeStaticShared();
        Drop();
        AllowAtOnce();
    }

    /// <summary>Forgets when the last message was sent, so that the next need not wait.</summary>
    public void AllowAtOnce() => _notBefore = TimeSpan.MinValue;

    /// <summary>There is something to send, or a session to replace.</summary>
    public void Begin(TimeSpan now)
    {
        _retries = 0;
        Initiate(now);
    }

    /// <summary>There was no answer.</summary>
    public void Retry(TimeSpan now)
    {
        _retries++;
        Initiate(now);
    }

    /// <summary>There was no answer in all the retries.</summary>
    public void GiveUp(TimeSpan now)
    {
        TellIfUnanswered(now);
        _timers.GaveUp(now);
        _device.Events.GivenUp(_peer);
    }

    /// <summary>There was no answer where the peer was thought to be: tries the new endpoint at once.</summary>
    public void RetryElsewhere(TimeSpan now)
    {
        AllowAtOnce();
        Initiate(now);
    }

    /// <summary>
    /// As responder, first: checks what the initiation proves, and accepts it (WireGuard §5.4.2). Nothing changes unless its
    /// timestamp is authentic and new.
    /// </summary>
    public DatagramOutcome Accept(TimeSpan now, HandshakeInitiation message)
    {
        if (!_hasStaticShared || !_device.Responder.TryReadTimestamp(_staticShared, message, out var timestamp))
        {
            return DatagramOutcome.InvalidHandshake;
        }

        if (timestamp.CompareTo(_lastTimestampReceived) <= 0)
        {
            return DatagramOutcome.ReplayedInitiation;
        }

        if (now - _lastInitiationReceived < Constants.InitiationSpacing)
        {
            return DatagramOutcome.InitiationTooSoon;
        }

        _lastTimestampReceived = timestamp;
        _lastInitiationReceived = now;
        return DatagramOutcome.HandshakeInitiation;
    }

    /// <summary>
    /// As responder, then: answers the initiation and derives the session (WireGuard §5.4.3); null if a key of the initiator's
    /// is of low order. What was accepted is answered in the same call of the device, so that nothing comes between.
    /// </summary>
    public Session? Respond(TimeSpan now, HandshakeInitiation message)
    {
        var hasCrossed = _initiator.IsPending;
        Drop();
        _notBefore = now + Constants.RekeyTimeout;
        var index = _device.Indices.Allocate(_peer);
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        var response = new HandshakeResponse(_message);
        if (!_device.Responder.TryRespond(_peer.PublicKey, _presharedKey, message, index, response, keys))
        {
            _device.Indices.Remove(index);
            return null;
        }

        _device.ShowKeys(_peer.PublicKey, _device.Responder.Ephemeral, _presharedKey);
        var session = Derive(now, keys, index, message.Sender, isInitiator: false);
        Transmit(now, HandshakeResponse.Size);
        if (hasCrossed)
        {
            BackOff(now);
        }

        return session;
    }

    /// <summary>
    /// As initiator: takes the response and derives the session. Null on failure: the handshake is then still under way.
    /// </summary>
    public Session? Finish(TimeSpan now, HandshakeResponse message)
    {
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        if (!_initiator.TryFinish(_device.Identity, _presharedKey, message, keys))
        {
            return null;
        }

        RoundTrip = now - _initiatedAt;
        return Derive(now, keys, _initiator.LocalIndex, message.Sender, isInitiator: true);
    }

    /// <summary>Keeps the cookie. It moves no timer and no endpoint: the message may come from anywhere.</summary>
    public DatagramOutcome ReceiveCookieReply(TimeSpan now, CookieReply message) =>
        _cookies.TryConsume(now, message) ? DatagramOutcome.CookieReply : DatagramOutcome.InvalidCookieReply;

    /// <summary>Both sides have the session in use.</summary>
    public void Complete(Session session)
    {
        _initiations = 0;
        _retries = 0;
        _isToldUnanswered = true; // Ours that is still under way, if one is, needs no answer any more
        _timers.HandshakeComplete(session.SendsUntil);
        CompletedAt = _device.Environment.UtcNow;
        _device.Events.Completed(_peer, session.IsInitiator);
    }

    /// <summary>Writes the message that waits, if one does, and returns its length.</summary>
    public int TakeMessage(Span<byte> buffer)
    {
        var length = _messageLength;
        _message.AsSpan(0, length).CopyTo(buffer);
        _messageLength = 0;
        return length;
    }

    /// <summary>Forgets the initiation under way and frees its index.</summary>
    public void Drop()
    {
        if (_initiator.IsPending)
        {
            _device.Indices.Remove(_initiator.LocalIndex);
            _initiator.Clear();
        }
    }

    /// <summary>Forgets every secret, for good.</summary>
    public void Zero()
    {
        Drop();
        CryptographicOperations.ZeroMemory(_presharedKey);
        CryptographicOperations.ZeroMemory(_staticShared);
        _hasStaticShared = false;
        _messageLength = 0;
    }

    /// <summary>Writes an initiation, unless the last handshake message was sent less than 5 s ago.</summary>
    private void Initiate(TimeSpan now)
    {
        if (_peer.EndPoint.IsNone || !_hasStaticShared)
        {
            return;
        }

        if (now < _notBefore)
        {
            _timers.HandshakeSuppressed(_notBefore);
            return;
        }

        TellIfUnanswered(now);
        _notBefore = now + Constants.RekeyTimeout;
        Drop();
        var index = _device.Indices.Allocate(_peer);
        _lastTimestampSent = Tai64n.After(_lastTimestampSent, _device.Environment.UtcNow);
        if (!_initiator.TryBegin(
            _device.Identity,
            _peer.PublicKey,
            _staticShared,
            _lastTimestampSent,
            index,
            _device.Environment,
            new HandshakeInitiation(_message)))
        {
            _device.Indices.Remove(index);
            return;
        }

        _device.ShowKeys(_peer.PublicKey, _initiator.Ephemeral, _presharedKey);
        Transmit(now, HandshakeInitiation.Size);
        _initiatedAt = now;
        _isToldUnanswered = false;
        _initiations++;
        _timers.HandshakeInitiated(now);
    }

    /// <summary>Tells, once, of the initiation under way if its answer is overdue. It may yet come, and is then taken.</summary>
    private void TellIfUnanswered(TimeSpan now)
    {
        if (_initiator.IsPending && !_isToldUnanswered && now - _initiatedAt >= Constants.RekeyTimeout)
        {
            _isToldUnanswered = true;
            _device.Events.Unanswered(_peer, _initiations);
        }
    }

    /// <summary>
    /// Our initiation and the peer's crossed: each side dropped its own for the other's, so neither will see a response.
    /// If both tried again at once they would cross again, and forever if the way takes longer than the jitter of a retry. So
    /// whoever has the lower key waits at least a second longer; both add a random time, for a peer that has no such rule.
    /// </summary>
    private void BackOff(TimeSpan now)
    {
        Span<byte> ours = stackalloc byte[PublicKey.Size];
        Span<byte> theirs = stackalloc byte[PublicKey.Size];
        _device.Identity.PublicKey.CopyTo(ours);
        _peer.PublicKey.CopyTo(theirs);
        var isFirst = ours.SequenceCompareTo(theirs) > 0;

        var milliseconds = _device.Jitter.Next(1000) + (isFirst ? 0 : 2000);
        _notBefore = now + Constants.RekeyTimeout + TimeSpan.FromMilliseconds(milliseconds);
        _timers.HandshakeCrossed(_notBefore);
    }

    /// <summary>Makes the session. What named the handshake names it from now on.</summary>
    private Session Derive(TimeSpan now, Span<byte> keys, uint localIndex, uint remoteIndex, bool isInitiator)
    {
        var session = new Session(_peer, _device.Keys, keys, localIndex, remoteIndex, isInitiator, now);
        CryptographicOperations.ZeroMemory(keys);
        _device.Indices.Promote(localIndex, session);
        _timers.SessionDerived(now);
        return session;
    }

    private void Transmit(TimeSpan now, int length)
    {
        _messageLength = length;
        _cookies.AddMacs(now, _message.AsSpan(0, length));
        _timers.AuthenticatedSent(now);
        _device.MarkReady(_peer);
    }

    private void ComputeStaticShared()
    {
        Span<byte> publicKey = stackalloc byte[PublicKey.Size];
        _peer.PublicKey.CopyTo(publicKey);
        CryptographicOperations.ZeroMemory(_staticShared);

        // A key of low order can be configured: nothing is sent to such a peer, and nothing is believed of it
        _hasStaticShared = _device.Identity.TryAgree(publicKey, _staticShared);
    }
}
