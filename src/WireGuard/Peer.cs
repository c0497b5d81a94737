using System.Net;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// One peer of a <see cref="Device"/>: its keys, handshake, sessions, timers and waiting packets. It is changed through
/// the device only.
/// </summary>
public sealed class Peer
{
    private readonly DeviceState _device;
    private readonly PeerTimers _timers;
    private readonly SessionSlots _sessions;
    private readonly Initiator _initiator = new();
    private readonly CookieGenerator _cookies;
    private readonly byte[] _publicKey = new byte[PublicKey.Size];
    private readonly byte[] _presharedKey = GC.AllocateArray<byte>(PresharedKey.Size, pinned: true);
    private readonly byte[] _staticShared = GC.AllocateArray<byte>(Curve25519.KeySize, pinned: true);
    private readonly byte[] _handshakeMessage = new byte[HandshakeInitiation.Size];
    private int _handshakeMessageLength;
    private bool _hasStaticShared;
    private Tai64n _lastTimestampSent;
    private Tai64n _lastTimestampReceived;
    private TimeSpan? _lastInitiationReceived;
    private TimeSpan? _lastHandshakeSent;
    private DateTime? _lastHandshake;
    private ulong _receivedBytes;
    private ulong _sentBytes;
    private Endpoint _endpoint;

    internal Peer(DeviceState device, in PublicKey publicKey)
    {
        _device = device;
        PublicKey = publicKey;
        publicKey.CopyTo(_publicKey);
        _timers = new PeerTimers(device.Schedule, device.Jitter, this);
        _sessions = new SessionSlots(device.Indices);
        _cookies = new CookieGenerator(publicKey);
        ComputeStaticShared();
    }

    /// <summary>Its static key, by which the device knows it.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>Where datagrams for it go: the source of the last authentic one, or as configured.</summary>
    public Endpoint Endpoint => _endpoint;

    /// <summary>The prefixes that are its own at the moment.</summary>
    public IReadOnlyCollection<IPNetwork> AllowedIPs => Prefixes;

    /// <summary>A snapshot.</summary>
    public PeerStatistics GetStatistics(TimeSpan now) => new(
        _endpoint,
        _lastHandshake,
        _receivedBytes,
        _sentBytes,
        (int)_timers.PersistentKeepalive.TotalSeconds,
        _timers.HandshakeAttempts,
        _sessions.Current?.CanSend(now) ?? false);

    internal HashSet<IPNetwork> Prefixes { get; } = [];

    internal Queue<LinkedListNode<StagedPackets.Staged>> Staged { get; } = new();

    /// <summary>Stands in the device's queue of those that may have something to transmit.</summary>
    internal bool IsReady { get; set; }

    internal PeerTimers Timers => _timers;

    internal SessionSlots Sessions => _sessions;

    internal void SetEndpoint(in Endpoint endpoint) => _endpoint = endpoint;

    /// <summary>Takes effect with the next handshake.</summary>
    internal void SetPresharedKey(PresharedKey? key)
    {
        CryptographicOperations.ZeroMemory(_presharedKey);
        key?.Bytes.CopyTo(_presharedKey);
    }

    internal void SetPersistentKeepalive(TimeSpan now, int seconds)
    {
        _timers.PersistentKeepalive = TimeSpan.FromSeconds(seconds);
        if (seconds > 0)
        {
            SendKeepalive(now);
        }
    }

    /// <summary>Our own key changed: sessions made with the old one end as they age, and are not sent on.</summary>
    internal void IdentityChanged()
    {
        ComputeStaticShared();
        DropHandshake();
        _sessions.StopSending();
        _lastHandshakeSent = null;
    }

    /// <summary>Begins anew after the network changed or the machine slept; what is under way is still received.</summary>
    internal void ExpireSessions(TimeSpan now)
    {
        bool isInUse = _sessions.Current is not null || Staged.Count > 0 || _timers.PersistentKeepalive > TimeSpan.Zero;
        _sessions.StopSending();
        _lastHandshakeSent = null;
        if (isInUse)
        {
            Initiate(now, isRetry: false);
        }
    }

    /// <summary>Forgets every secret and frees every index.</summary>
    internal void Remove()
    {
        _timers.CancelAll();
        _device.Schedule.Set(_timers, TimeSpan.MaxValue);
        ZeroKeys();
        CryptographicOperations.ZeroMemory(_presharedKey);
        CryptographicOperations.ZeroMemory(_staticShared);
        _hasStaticShared = false;
        _handshakeMessageLength = 0;
        _endpoint = default;
    }

    // -- Sending ------------------------------------------------------------------------------------------------

    /// <summary>Seals an inner packet in its slot, or stages it.</summary>
    internal SendOutcome Send(TimeSpan now, Span<byte> slot, int packetLength, out int datagramLength)
    {
        datagramLength = 0;
        if (_endpoint.IsNone)
        {
            return SendOutcome.NoEndpoint;
        }

        // Never past those that wait already.
        if (Staged.Count == 0 && _sessions.Current is { } session && session.CanSend(now))
        {
            datagramLength = Seal(now, session, slot, packetLength);
            return SendOutcome.Sealed;
        }

        _device.Staged.Add(this, slot.Slice(TransportHeader.Size, packetLength));
        SendStaged(now);
        return SendOutcome.Staged;
    }

    /// <summary>The next datagram for this peer, if any: handshake messages first, then what was staged.</summary>
    internal bool TryTransmit(TimeSpan now, Span<byte> buffer, out int length, out Endpoint destination)
    {
        destination = _endpoint;
        if (_handshakeMessageLength > 0)
        {
            length = _handshakeMessageLength;
            _handshakeMessage.AsSpan(0, length).CopyTo(buffer);
            _handshakeMessageLength = 0;
            _sentBytes += (uint)length;
            return true;
        }

        if (Staged.Count > 0 && _sessions.Current is { } session && session.CanSend(now))
        {
            byte[] packet = _device.Staged.Take(this);
            packet.CopyTo(buffer[TransportHeader.Size..]);
            length = Seal(now, session, buffer, packet.Length);
            return true;
        }

        length = 0;
        return false;
    }

    internal void OnTimeout(TimeSpan now)
    {
        while (_timers.TryTakeExpired(now, out PeerTimer timer))
        {
            OnTimeout(now, timer);
        }

        _device.Schedule.Set(_timers, _timers.Earliest());
    }

    private void OnTimeout(TimeSpan now, PeerTimer timer)
    {
        switch (timer)
        {
            case PeerTimer.RetransmitHandshake when _timers.HandshakeAttempts > Constants.MaxHandshakeAttempts:
                // Not the end: the next packet, or the persistent keepalive, begins again.
                _device.Staged.Drop(this);
                _timers.GaveUp(now);
                break;
            case PeerTimer.RetransmitHandshake:
                _timers.HandshakeAttempts++;
                Initiate(now, isRetry: true);
                break;
            case PeerTimer.SendKeepalive:
                SendKeepalive(now);
                _timers.KeepaliveExpired(now);
                break;
            case PeerTimer.NewHandshake:
                Initiate(now, isRetry: false);
                break;
            case PeerTimer.ZeroKeys:
                ZeroKeys();
                break;
            case PeerTimer.PersistentKeepalive:
                SendKeepalive(now);
                break;
        }
    }

    private void SendKeepalive(TimeSpan now)
    {
        if (_endpoint.IsNone)
        {
            return;
        }

        if (Staged.Count == 0)
        {
            _device.Staged.Add(this, []);
        }

        SendStaged(now);
    }

    /// <summary>Lets what is staged be transmitted, or asks for the session that it needs.</summary>
    private void SendStaged(TimeSpan now)
    {
        if (_sessions.Current?.CanSend(now) ?? false)
        {
            _device.MarkReady(this);
        }
        else
        {
            Initiate(now, isRetry: false);
        }
    }

    /// <summary>Pads, seals and accounts for a packet; an empty one is a keepalive.</summary>
    private int Seal(TimeSpan now, Session session, Span<byte> slot, int packetLength)
    {
        int padding = Constants.Padding(packetLength, _device.Mtu);
        int plaintextLength = packetLength + padding;
        slot.Slice(TransportHeader.Size + packetLength, padding).Clear();

        _timers.AuthenticatedSent(now);
        session.Seal(slot, plaintextLength);
        int datagramLength = Device.Overhead + plaintextLength;
        _sentBytes += (uint)datagramLength;
        if (packetLength > 0)
        {
            _timers.DataSent(now);
        }

        if (session.NeedsRekeyAfterSending(now))
        {
            Initiate(now, isRetry: false);
        }

        return datagramLength;
    }

    // -- Receiving ----------------------------------------------------------------------------------------------

    /// <summary>Opens a transport message for one of this peer's sessions.</summary>
    internal Received Receive(TimeSpan now, Session session, Span<byte> datagram, in Endpoint source)
    {
        if (session.IsExpired(now))
        {
            return new Received(ReceiveOutcome.SessionExpired);
        }

        ulong counter = TransportHeader.Read(datagram).Counter;
        if (!session.AcceptsCounter(counter))
        {
            return new Received(ReceiveOutcome.ReplayedPacket);
        }

        if (!session.TryOpen(counter, datagram[TransportHeader.Size..]))
        {
            return new Received(ReceiveOutcome.InvalidPacket);
        }

        if (_sessions.TryConfirm(session))
        {
            HandshakeComplete();
            _device.MarkReady(this);
        }

        Authenticated(now, source, datagram.Length);
        if (!_timers.SentLastMinuteHandshake && (_sessions.Current?.NeedsRekeyAfterReceiving(now) ?? false))
        {
            _timers.SentLastMinuteHandshake = true;
            Initiate(now, isRetry: false);
        }

        Span<byte> packet = datagram[TransportHeader.Size..^Aead.TagSize];
        if (packet.IsEmpty)
        {
            return new Received(ReceiveOutcome.Keepalive, this);
        }

        // Whatever is in it, the peer sent data and wants to know that we live.
        _timers.DataReceived(now);
        if (!InnerPacket.TryReadSource(packet, out InnerAddress inner, out int length))
        {
            return new Received(ReceiveOutcome.MalformedInnerPacket, this);
        }

        return _device.AllowedIPs.Find(inner) == this
            ? new Received(ReceiveOutcome.Packet, this, TransportHeader.Size, length)
            : new Received(ReceiveOutcome.SourceNotAllowed, this);
    }

    internal ReceiveOutcome ReceiveCookieReply(TimeSpan now, CookieReply message) =>
        _cookies.TryConsume(now, message) ? ReceiveOutcome.CookieReply : ReceiveOutcome.InvalidCookieReply;

    // -- Handshakes ---------------------------------------------------------------------------------------------

    /// <summary>
    /// As responder: checks what the initiation proves, and then, in the same step, takes it, answers it and derives the
    /// session (WireGuard §5.4.2, §5.4.3). Nothing of the peer changes before its time stamp is authentic and new.
    /// </summary>
    internal ReceiveOutcome ReceiveInitiation(TimeSpan now, HandshakeInitiation message, in Endpoint source)
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
        DropHandshake();
        SetEndpoint(source);
        if (!TryRespond(now, message))
        {
            return ReceiveOutcome.InvalidHandshake;
        }

        Authenticated(now, source, HandshakeInitiation.Size);
        return ReceiveOutcome.HandshakeInitiation;
    }

    /// <summary>As initiator: takes the response and has a session.</summary>
    internal ReceiveOutcome ReceiveResponse(TimeSpan now, HandshakeResponse message, in Endpoint source)
    {
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        if (!_initiator.TryFinish(_device.Identity, _presharedKey, message, keys))
        {
            return ReceiveOutcome.InvalidHandshake;
        }

        var session = new Session(this, keys, _initiator.LocalIndex, message.Sender, isInitiator: true, now);
        CryptographicOperations.ZeroMemory(keys);
        _device.Indices.Promote(session.LocalIndex, session);
        _sessions.BeginAsInitiator(session);
        _timers.SessionDerived(now);
        HandshakeComplete();
        Authenticated(now, source, HandshakeResponse.Size);

        // Confirms the session to the responder, which may not send before it.
        SendKeepalive(now);
        return ReceiveOutcome.HandshakeResponse;
    }

    /// <summary>Writes an initiation, unless the last handshake message was sent less than 5 s ago.</summary>
    private void Initiate(TimeSpan now, bool isRetry)
    {
        if (!isRetry)
        {
            _timers.HandshakeAttempts = 0;
        }

        if (_endpoint.IsNone || !_hasStaticShared)
        {
            return;
        }

        if (_lastHandshakeSent is { } last && now - last < Constants.RekeyTimeout)
        {
            _timers.HandshakeSuppressed(last + Constants.RekeyTimeout);
            return;
        }

        _lastHandshakeSent = now;
        DropHandshake();
        uint index = _device.Indices.Allocate(this);
        var message = new HandshakeInitiation(_handshakeMessage);
        _lastTimestampSent = Tai64n.After(_lastTimestampSent, _device.Environment.UtcNow);
        if (!_initiator.TryBegin(
            _device.Identity, PublicKey, _staticShared, _lastTimestampSent, index, _device.Environment, message))
        {
            _device.Indices.Remove(index);
            return;
        }

        Transmit(now, HandshakeInitiation.Size);
        _timers.HandshakeInitiated(now);
    }

    private bool TryRespond(TimeSpan now, HandshakeInitiation message)
    {
        _lastHandshakeSent = now;
        uint index = _device.Indices.Allocate(this);
        Span<byte> keys = stackalloc byte[Session.KeysSize];
        var response = new HandshakeResponse(_handshakeMessage);
        if (!_device.Responder.TryRespond(PublicKey, _presharedKey, message, index, response, keys))
        {
            _device.Indices.Remove(index);
            return false;
        }

        var session = new Session(this, keys, index, message.Sender, isInitiator: false, now);
        CryptographicOperations.ZeroMemory(keys);
        _device.Indices.Promote(index, session);
        _sessions.BeginAsResponder(session);
        _timers.SessionDerived(now);
        Transmit(now, HandshakeResponse.Size);
        return true;
    }

    private void Transmit(TimeSpan now, int handshakeMessageLength)
    {
        _handshakeMessageLength = handshakeMessageLength;
        _cookies.AddMacs(now, _handshakeMessage.AsSpan(0, handshakeMessageLength));
        _timers.AuthenticatedSent(now);
        _device.MarkReady(this);
    }

    /// <summary>Something authentic came: it shows where the peer is (WireGuard §2.1), and that it lives.</summary>
    private void Authenticated(TimeSpan now, in Endpoint source, int length)
    {
        SetEndpoint(source);
        _receivedBytes += (uint)length;
        _timers.AuthenticatedReceived(now);
    }

    private void HandshakeComplete()
    {
        _timers.HandshakeComplete();
        _lastHandshake = _device.Environment.UtcNow;
    }

    private void DropHandshake()
    {
        if (_initiator.IsPending)
        {
            _device.Indices.Remove(_initiator.LocalIndex);
            _initiator.Clear();
        }
    }

    private void ZeroKeys()
    {
        DropHandshake();
        _sessions.Clear();
        _device.Staged.Drop(this);
    }

    private void ComputeStaticShared()
    {
        CryptographicOperations.ZeroMemory(_staticShared);
        _hasStaticShared = _device.Identity.TryAgree(_publicKey, _staticShared);
    }
}
