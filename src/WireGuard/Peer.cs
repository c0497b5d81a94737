using System.Net;

namespace Onetun.WireGuard;

/// <summary>
/// One peer of a <see cref="Device"/>: its sessions, timers and waiting packets. It is changed only through the device, and read
/// by one caller at a time, as the device is.
/// </summary>
public sealed class Peer
{
    private readonly DeviceState _device;
    private long _receivedBytes;
    private long _sentBytes;

    internal Peer(DeviceState device, in PublicKey publicKey)
    {
        _device = device;
        PublicKey = publicKey;
        Timers = new PeerTimers(device.Schedule, this, device.Jitter);
        Sessions = new SessionSlots(device, this);
        Staged = new StagedPackets.PeerQueue(device.Staged);
        Handshake = new PeerHandshake(device, this, Timers);
    }

    /// <summary>Its static public key, by which the device knows it.</summary>
    public PublicKey PublicKey { get; }

    /// <summary>
    /// Where datagrams for it go, and from which address of ours: where its last authentic datagram came from, or what is
    /// configured; <see cref="UdpEndPoint.IsNone"/> if neither is there.
    /// </summary>
    public UdpEndPoint EndPoint { get; private set; }

    /// <summary>The prefixes that are its own at the moment: a live view.</summary>
    public IReadOnlyCollection<IPNetwork> AllowedIPs => Prefixes;

    /// <summary>A snapshot of what <c>wg show</c> tells of it.</summary>
    public PeerStatistics GetStatistics(TimeSpan now) => new()
    {
        PublicKey = PublicKey,
        EndPoint = EndPoint.IsNone ? null : EndPoint.ToIPEndPoint(),
        LastHandshake = Handshake.CompletedAt,
        HandshakeRoundTrip = Handshake.RoundTrip,
        ReceivedBytes = _receivedBytes,
        SentBytes = _sentBytes,
        PersistentKeepalive = Timers.PersistentKeepalive,
        HandshakeAttempts = Handshake.Unanswered,
        HasSession = HasSession(now),
    };

    /// <summary>Whether a handshake is under way whose first initiation got no response.</summary>
    public bool IsUnanswered => Handshake.IsUnanswered;

    /// <summary>Whether there is a session on which a packet could be sent at once.</summary>
    public bool HasSession(TimeSpan now) => Sessions.Usable(now) is not null;

    internal PeerHandshake Handshake { get; }

    internal PeerTimers Timers { get; }

    internal SessionSlots Sessions { get; }

    /// <summary>Kept by <see cref="WireGuard.AllowedIPs"/> alone.</summary>
    internal HashSet<IPNetwork> Prefixes { get; } = [];

    internal StagedPackets.PeerQueue Staged { get; }

    /// <summary>Whether it is in the device's queue of peers that may have something to transmit; kept by that alone.</summary>
    internal bool IsReady { get; set; }

    /// <summary>
    /// Sends there from now on. If that makes the peer reachable, keepalives begin; if it did not answer elsewhere, it is tried
    /// there at once.
    /// </summary>
    internal void SetEndPoint(TimeSpan now, in UdpEndPoint endpoint)
    {
        var before = EndPoint;
        EndPoint = endpoint;
        if (before.IsNone && Timers.PersistentKeepalive > TimeSpan.Zero)
        {
            SendKeepalive(now);
        }
        else if (before.Remote != endpoint.Remote && IsUnanswered)
        {
            Handshake.RetryElsewhere(now);
        }
    }

    /// <summary>Leaves the choice of our source address to the system, until the peer is heard again.</summary>
    internal void ForgetSource() => EndPoint = EndPoint.Remote;

    internal void SetPersistentKeepalive(TimeSpan now, TimeSpan interval)
    {
        Timers.SetPersistentKeepalive(interval);
        if (interval > TimeSpan.Zero)
        {
            SendKeepalive(now);
        }
    }

    /// <summary>Our own key has changed: sessions made with the old one receive until they expire, but send no more.</summary>
    internal void IdentityChanged()
    {
        Handshake.IdentityChanged();
        Sessions.StopSending(_device.Now);
    }

    /// <summary>Begins anew after the network changed or the machine slept; what is under way is still received.</summary>
    internal void ExpireSessions(TimeSpan now)
    {
        var isInUse = Sessions.Current is not null || Staged.Count > 0 || Timers.PersistentKeepalive > TimeSpan.Zero;
        Sessions.StopSending(now);
        ForgetSource();
        Handshake.AllowAtOnce();
        if (isInUse)
        {
            Handshake.Begin(now);
        }
    }

    /// <summary>Forgets every secret and frees every index, for good.</summary>
    internal void Remove()
    {
        Timers.CancelAll();
        ZeroKeys();
        Handshake.Zero();
        EndPoint = default;
        _device.Events.Removed(this);
    }

    /// <summary>
    /// Drops all sessions, the handshake and what is staged; the next packet or persistent keepalive begins anew.
    /// </summary>
    internal void Restart(TimeSpan now)
    {
        Timers.Restart(now);
        ZeroKeys();
    }

    /// <summary>Makes an inner packet ready to be sealed in its slot, or stages it.</summary>
    internal SendOutcome Send(TimeSpan now, Span<byte> slot, int packetLength, out Departure departure)
    {
        departure = default;
        if (EndPoint.IsNone)
        {
            return SendOutcome.PeerUnheard;
        }

        // Never ahead of packets that wait already.
        if (Staged.Count == 0 && Sessions.Usable(now) is { } session)
        {
            departure = Depart(now, session, slot, packetLength);
            return SendOutcome.Sealed;
        }

        Staged.Add(slot.Slice(TransportHeader.Size, packetLength));
        SendStaged(now);
        return SendOutcome.Staged;
    }

    /// <summary>As responder: answers an initiation that is authentic and new; the session then waits to be confirmed.</summary>
    internal DatagramOutcome ReceiveInitiation(TimeSpan now, HandshakeInitiation message, in UdpEndPoint source)
    {
        var outcome = Handshake.Accept(now, message);
        if (outcome != DatagramOutcome.HandshakeInitiation)
        {
            return outcome;
        }

        Authenticated(now, source, HandshakeInitiation.Size);
        if (Handshake.Respond(now, message) is not { } session)
        {
            return DatagramOutcome.InvalidHandshake;
        }

        Sessions.BeginAsResponder(session);
        return outcome;
    }

    /// <summary>As initiator: an authentic response gives the session, which is in use at once.</summary>
    internal DatagramOutcome ReceiveResponse(TimeSpan now, HandshakeResponse message, in UdpEndPoint source)
    {
        if (Handshake.Finish(now, message) is not { } session)
        {
            return DatagramOutcome.InvalidHandshake;
        }

        Sessions.BeginAsInitiator(session);
        Handshake.Complete(session);
        Authenticated(now, source, HandshakeResponse.Size);

        // Confirms the session to the responder, which may not send before that
        SendKeepalive(now);
        return DatagramOutcome.HandshakeResponse;
    }

    /// <summary>Takes a data message of one of this peer's sessions.</summary>
    internal ReceiveResult Receive(
        TimeSpan now, Session session, in Arrival arrival, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        if (arrival.Outcome != DatagramOutcome.Packet)
        {
            return new ReceiveResult(arrival.Outcome);
        }

        if (!session.TryAccept(arrival.Counter))
        {
            return new ReceiveResult(DatagramOutcome.ReplayedPacket); // Since the arrival was found
        }

        Authenticated(now, source, datagram.Length);
        if (Sessions.TryConfirm(session))
        {
            Handshake.Complete(session);
            _device.MarkReady(this);
        }

        if (Sessions.Current?.TryAskForSuccessor(now) ?? false)
        {
            Handshake.Begin(now);
        }

        var packet = datagram[TransportHeader.Size..^Aead.TagSize];
        return packet.IsEmpty ? new ReceiveResult(DatagramOutcome.Keepalive, this) : Accept(now, packet, ecn);
    }

    /// <summary>The next datagram for this peer, if any: handshake messages first, then what was staged.</summary>
    internal bool TryTransmit(TimeSpan now, Span<byte> buffer, out Departure departure)
    {
        if (Staged.Count > 0 && Sessions.Usable(now) is null && !Timers.IsPending(PeerTimer.RetransmitHandshake))
        {
            // The session ended while packets were being taken from the queue
            Handshake.Begin(now);
        }

        var length = Handshake.TakeMessage(buffer);
        departure = new Departure(this, length, EndPoint);
        if (length > 0)
        {
            _sentBytes += (uint)length;
        }
        else if (Staged.Count > 0 && Sessions.Usable(now) is { } session)
        {
            var packet = Staged.Take();
            packet.CopyTo(buffer[TransportHeader.Size..]);
            departure = Depart(now, session, buffer, packet.Length);
        }

        return departure.Length > 0;
    }

    /// <summary>Does what is due.</summary>
    internal void OnTimeout(TimeSpan now)
    {
        while (Timers.TryTakeExpired(now, out var timer))
        {
            OnTimeout(now, timer);
        }
    }

    /// <summary>Sends what is staged, or a keepalive if nothing is.</summary>
    internal void SendKeepalive(TimeSpan now)
    {
        if (EndPoint.IsNone)
        {
            return;
        }

        if (Staged.Count == 0)
        {
            Staged.Add([]);
        }

        SendStaged(now);
    }

    /// <summary>Something authentic came: it shows where the peer is (roaming, WireGuard §2.1), and that it is alive.</summary>
    private void Authenticated(TimeSpan now, in UdpEndPoint source, int length)
    {
        var hasRoamed = EndPoint.Remote != source.Remote;
        EndPoint = source;
        if (hasRoamed)
        {
            _device.Events.Roamed(this);
        }

        _receivedBytes += (uint)length;
        Timers.AuthenticatedReceived(now);
    }

    /// <summary>Trims padding, checks that the source is among the allowed IPs, and passes on marks of congestion.</summary>
    private ReceiveResult Accept(TimeSpan now, Span<byte> packet, EcnField ecn)
    {
        // Whatever is in it, the peer sent data and wants to know that we are alive
        Timers.DataReceived(now);
        if (!InnerPacket.TryReadSource(packet, out var source, out var length))
        {
            return new ReceiveResult(DatagramOutcome.MalformedInnerPacket, this);
        }

        if (source.IsMapped || (InnerPacket.TryReadDestination(packet, out var destination) && destination.IsMapped))
        {
            return new ReceiveResult(DatagramOutcome.MappedAddress, this);
        }

        if (!source.MaySend)
        {
            return new ReceiveResult(DatagramOutcome.ForbiddenSource, this);
        }

        if (_device.AllowedIPs.Find(source) != this)
        {
            return new ReceiveResult(DatagramOutcome.SourceNotAllowed, this);
        }

        return ecn == EcnField.NotEct || InnerEcn.TryCombine(packet, ecn)
            ? new ReceiveResult(DatagramOutcome.Packet, this, TransportHeader.Size, length)
            : new ReceiveResult(DatagramOutcome.Congested, this);
    }

    /// <summary>Has what is staged transmitted, or begins the handshake that it needs.</summary>
    private void SendStaged(TimeSpan now)
    {
        if (Sessions.Usable(now) is not null)
        {
            _device.MarkReady(this);
        }
        else
        {
            Handshake.Begin(now);
        }
    }

    /// <summary>Pads and accounts for a packet, which then can be sealed; an empty one is a keepalive.</summary>
    private Departure Depart(TimeSpan now, Session session, Span<byte> slot, int packetLength)
    {
        var ecn = InnerEcn.Read(slot.Slice(TransportHeader.Size, packetLength));
        var padding = Constants.Padding(packetLength, _device.Mtu);
        var plaintextLength = packetLength + padding;
        slot.Slice(TransportHeader.Size + packetLength, padding).Clear();

        Timers.AuthenticatedSent(now);
        var cipher = session.Begin(slot, out var counter);
        var departure = new Departure(this, Device.Overhead + plaintextLength, ecn, cipher, counter);
        _sentBytes += (uint)departure.Length;
        if (packetLength > 0)
        {
            Timers.DataSent(now);
        }

        if (session.NeedsRekeyAfterSending(now))
        {
            Handshake.Begin(now);
        }

        return departure;
    }

    private void OnTimeout(TimeSpan now, PeerTimer timer)
    {
        switch (timer)
        {
            case PeerTimer.RetransmitHandshake when Handshake.IsExhausted:
                // Not the end: the next packet, or the persistent keepalive, begins again
                Staged.Clear();
                Handshake.GiveUp(now);
                break;
            case PeerTimer.RetransmitHandshake:
                // Perhaps nothing that leaves from there arrives; Linux does the same
                ForgetSource();
                Handshake.Retry(now);
                break;
            case PeerTimer.SendKeepalive:
                SendKeepalive(now);
                Timers.KeepaliveExpired(now);
                break;
            case PeerTimer.NewHandshake:
                ForgetSource();
                Handshake.Begin(now);
                break;
            case PeerTimer.ZeroKeys:
                ZeroKeys();
                break;
            case PeerTimer.PersistentKeepalive when Timers.PersistentKeepalive > TimeSpan.Zero:
                SendKeepalive(now);
                break;
            case PeerTimer.SessionExpiry:
                Sessions.TellIfEnded(now);
                break;
        }
    }

    private void ZeroKeys()
    {
        Handshake.Drop();
        Sessions.Clear(_device.Now);
        Staged.Clear();
    }
}
