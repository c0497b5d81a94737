using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// A peer's handshakes in both roles: one slot for the initiation under way, the time stamps that order initiations, and
/// the message that waits to be transmitted. Each step that ends in a session is one call, so that nothing comes between.
/// </summary>
internal sealed class PeerHandshake
{
    private readonly DeviceState _device;
    private readonly Peer _peer;
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
    private TimeSpan? _lastSent;

    public PeerHandshake(DeviceState device, Peer peer)
    {
        _device = device;
        _peer = peer;
        _cookies = new CookieGenerator(peer.PublicKey);
        ComputeStaticShared();
    }

    /// <summary>When the session in use was agreed, UTC.</summary>
    public DateTime? CompletedAt { get; private set; }

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
        _lastSent = null;
    }

    /// <summary>Forgets when the last message was sent, so that the next need not wait.</summary>
    public void AllowAtOnce() => _lastSent = null;

    /// <summary>Writes an initiation, unless the last handshake message was sent less than 5 s ago.</summary>
    public void Initiate(TimeSpan now, bool isRetry)
    {
        if (!isRetry)
        {
            _peer.Timers.HandshakeAttempts = 0;
        }

        if (_peer.Endpoint.IsNone || !_hasStaticShared)
        {
            return;
        }

        if (_lastSent is { } last && now - last < Constants.RekeyTimeout)
        {
            _peer.Timers.HandshakeSuppressed(last + Constants.RekeyTimeout);
            return;
        }

        _lastSent = now;
        Drop();
        uint index = _device.Indices.Allocate(_peer);
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

        Transmit(now, HandshakeInitiation.Size);
        _peer.Timers.HandshakeInitiated(now);
    }

    /// <summary>
    /// As responder: checks what the initiation proves, and then takes it, answers it and derives the session
    /// (WireGuard §5.4.2, §5.4.3). Nothing of the peer changes before its time stamp is authentic and new.
    /// </summary>
    public ReceiveOutcome ReceiveInitiation(TimeSpan now, HandshakeInitiation message, in Endpoint source)
    {
        if (!_hasStaticShared || !_device.Responder.TryReadTimestamp(_staticShared, message, out Tai64n timestamp))
        {
            return ReceiveOutcome.InvalidHandshake;
        }

        if (timestamp.CompareTo(_lastTimestampReceived) <= 0)
        {
            return ReceiveOutcome.ReplayedInitiation;
        }

        if (now - _lastInitiationReceived < Constants.InitiationSpacing)
        {
            return ReceiveOutcome.InitiationTooSoon;
        }

        _lastTimestampReceived = timestamp;
        _lastInitiationReceived = now;
        Drop();
        _peer.Authenticated(now, source, HandshakeInitiation.Size);
        return TryRespond(now, message) ? ReceiveOutcome.HandshakeInitiation : ReceiveOutcome.InvalidHandshake;
    }

    /// <summary>As initiator: takes the response and has a session. On failure the handshake is still under way.</summary>
    public ReceiveOutcome ReceiveResponse(TimeSpan now, HandshakeResponse message, in Endpoint source)
    {
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        if (!_initiator.TryFinish(_device.Identity, _presharedKey, message, keys))
        {
            return ReceiveOutcome.InvalidHandshake;
        }

        Session session = Derive(now, keys, _initiator.LocalIndex, message.Sender, isInitiator: true);
        _peer.Sessions.BeginAsInitiator(session);
        Complete();
        _peer.Authenticated(now, source, HandshakeResponse.Size);

        // Confirms the session to the responder, which may not send before it.
        _peer.SendKeepalive(now);
        return ReceiveOutcome.HandshakeResponse;
    }

    /// <summary>Keeps the cookie. It moves no timer and no endpoint: the message may come from anywhere.</summary>
    public ReceiveOutcome ReceiveCookieReply(TimeSpan now, CookieReply message) =>
        _cookies.TryConsume(now, message) ? ReceiveOutcome.CookieReply : ReceiveOutcome.InvalidCookieReply;

    /// <summary>Both sides have the session in use.</summary>
    public void Complete()
    {
        _peer.Timers.HandshakeComplete();
        CompletedAt = _device.Environment.UtcNow;
    }

    /// <summary>Hands over the message that waits, if one does.</summary>
    public int TakeMessage(Span<byte> buffer)
    {
        int length = _messageLength;
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

    private bool TryRespond(TimeSpan now, HandshakeInitiation message)
    {
        _lastSent = now;
        uint index = _device.Indices.Allocate(_peer);
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        var response = new HandshakeResponse(_message);
        if (!_device.Responder.TryRespond(_peer.PublicKey, _presharedKey, message, index, response, keys))
        {
            _device.Indices.Remove(index);
            return false;
        }

        _peer.Sessions.BeginAsResponder(Derive(now, keys, index, message.Sender, isInitiator: false));
        Transmit(now, HandshakeResponse.Size);
        return true;
    }

    /// <summary>Makes the session. What named the handshake names it from now on.</summary>
    private Session Derive(TimeSpan now, Span<byte> keys, uint localIndex, uint remoteIndex, bool isInitiator)
    {
        var session = new Session(_peer, keys, localIndex, remoteIndex, isInitiator, now);
        CryptographicOperations.ZeroMemory(keys);
        _device.Indices.Promote(localIndex, session);
        _peer.Timers.SessionDerived(now);
        return session;
    }

    private void Transmit(TimeSpan now, int length)
    {
        _messageLength = length;
        _cookies.AddMacs(now, _message.AsSpan(0, length));
        _peer.Timers.AuthenticatedSent(now);
        _device.MarkReady(_peer);
    }

    private void ComputeStaticShared()
    {
        Span<byte> publicKey = stackalloc byte[PublicKey.Size];
        _peer.PublicKey.CopyTo(publicKey);
        CryptographicOperations.ZeroMemory(_staticShared);

        // A key of low order can be configured. It is never spoken to nor believed.
        _hasStaticShared = _device.Identity.TryAgree(publicKey, _staticShared);
    }
}
