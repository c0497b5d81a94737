using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Onetun.WireGuard;

/// <summary>
/// The protocol without sockets, clocks or threads: one private key and its peers.
/// </summary>
/// <remarks>
/// Feed it what comes (<see cref="Receive"/>) and what is to go (<see cref="Send"/>), wake it when it asks to be
/// (<see cref="NextTimeout"/>, <see cref="OnTimeout"/>), and after each of these, or after a batch of them, pull what it
/// wants to transmit (<see cref="TryTransmit"/>) until there is no more. <c>now</c> is a monotonic time that counts the
/// machine's sleep; one that goes back is held. Not thread-safe: one caller at a time.
/// </remarks>
public sealed partial class Device : IDisposable
{
    /// <summary>Room that a caller leaves in front of an inner packet.</summary>
    public const int HeaderLength = TransportHeader.Size;

    /// <summary>Room for the tag behind an inner packet and its padding.</summary>
    public const int TagLength = Aead.TagSize;

    /// <summary>What a datagram is longer than the padded packet in it.</summary>
    public const int Overhead = HeaderLength + TagLength;

    private readonly DeviceState _state;
    private readonly PeerTable _peers;
    private readonly long[] _received = new long[Enum.GetValues<DatagramOutcome>().Length];
    private readonly long[] _sent = new long[Enum.GetValues<SendOutcome>().Length];
    private readonly HandshakeReceiver _handshakes;

    /// <summary>A device without peers.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public Device(DeviceOptions options, IEnvironment environment)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(environment);
        options.Validate();

        var seed = 0;
        environment.Fill(MemoryMarshal.AsBytes(new Span<int>(ref seed)));
        _state = new DeviceState(options, environment, new Random(seed));
        _peers = new PeerTable(_state, options.MaxPeers);
        _handshakes = new HandshakeReceiver(_state, _peers, options);
    }

    /// <summary>Who encrypts packets: what the options wish for, or what is there instead.</summary>
    public AeadLibrary AeadLibrary => _state.Keys.Library;

    /// <summary>Our public key.</summary>
    public PublicKey PublicKey => _state.Identity.PublicKey;

    /// <summary>Largest inner packet.</summary>
    public int Mtu => _state.Mtu;

    /// <summary>All peers.</summary>
    public IReadOnlyCollection<Peer> Peers => _peers.All;

    /// <summary>Packets dropped because too many waited for a session.</summary>
    public long StagedOverflows => _state.Staged.Overflows;

    /// <summary>Packets that waited for a session and do no longer, sent or given up: as it moves, there is room again.</summary>
    public long StagedDepartures => _state.Staged.Departures;

    /// <summary>When <see cref="OnTimeout"/> wants to be called, at the latest; never later than due, perhaps earlier.</summary>
    public TimeSpan NextTimeout =>
        _handshakes.NextTimeout < _state.Schedule.Earliest ? _handshakes.NextTimeout : _state.Schedule.Earliest;

    /// <summary>Handshakes and sessions that a datagram can name: four for each peer at most.</summary>
    internal int IndexCount => _state.Indices.Count;

    /// <summary>How many datagrams had this outcome.</summary>
    public long Count(DatagramOutcome outcome) => _received[(int)outcome];

    /// <summary>How many packets had this outcome.</summary>
    public long Count(SendOutcome outcome) => _sent[(int)outcome];

    /// <summary>The peer with this key.</summary>
    public Peer? FindPeer(in PublicKey publicKey) => _peers.Find(publicKey);

    /// <summary>The peer that packets to an inner address go to; 4 or 16 bytes.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public Peer? FindRoute(ReadOnlySpan<byte> address) => _state.AllowedIPs.Find(InnerAddress.Read(address));

    /// <summary>
    /// Whether a packet to an inner address would push out one that waits: its peer has no session yet, and as many wait as
    /// may. Whoever can keep the packet back asks again when <see cref="StagedDepartures"/> has moved.
    /// </summary>
    /// <exception cref="ArgumentException">The address has neither 4 nor 16 bytes.</exception>
    public bool IsFullFor(ReadOnlySpan<byte> address) =>
        !_state.Staged.IsFullForNone && FindRoute(address) is { } peer && peer.Staged.IsFull;

    /// <summary>Refuses what can be no peer of this device.</summary>
    /// <exception cref="ArgumentException">It is ourselves, or an option is out of its range.</exception>
    public void Validate(PeerOptions options) => _peers.Validate(options);

    /// <summary>Adds a peer. With an endpoint and a persistent keepalive the handshake begins at once.</summary>
    /// <exception cref="ArgumentException">It is there already, it is ourselves, or an option is out of its range.</exception>
    public Peer AddPeer(TimeSpan now, PeerOptions options) => _peers.Add(now, options);

    /// <summary>Removes a peer and zeroes its keys. Its prefixes are nobody's then.</summary>
    public void RemovePeer(Peer peer) => _peers.Remove(peer);

    /// <summary>Sends to another address from now on, until the peer is heard from elsewhere.</summary>
    public void SetEndPoint(TimeSpan now, Peer peer, in UdpEndPoint endpoint)
    {
        _peers.Require(peer);
        peer.SetEndPoint(_state.Advance(now), endpoint);
    }

    /// <summary>
    /// To be called when nothing can be sent to an endpoint from its <see cref="UdpEndPoint.Source"/>: the system chooses one, until
    /// the peer there is heard again.
    /// </summary>
    public void ForgetSource(in UdpEndPoint endpoint)
    {
        foreach (var peer in _peers.All)
        {
            if (peer.EndPoint == endpoint)
            {
                peer.ForgetSource();
            }
        }
    }

    /// <summary>Changes the preshared key from the next handshake on; null is none.</summary>
    public void SetPresharedKey(Peer peer, PresharedKey? key)
    {
        _peers.Require(peer);
        peer.Handshake.SetPresharedKey(key);
    }

    /// <summary>Changes the persistent keepalive; zero is off. Turned on, it sends one at once.</summary>
    public void SetPersistentKeepalive(TimeSpan now, Peer peer, TimeSpan interval)
    {
        _peers.Require(peer);
        PeerOptions.ValidateKeepalive(interval);
        peer.SetPersistentKeepalive(_state.Advance(now), interval);
    }

    /// <summary>Sends an empty packet, and begins a handshake for it where there is no session.</summary>
    public void SendKeepalive(TimeSpan now, Peer peer)
    {
        _peers.Require(peer);
        peer.SendKeepalive(_state.Advance(now));
    }

    /// <summary>Gives a prefix to a peer, and takes it from the one that had it.</summary>
    public void AddAllowedIP(Peer peer, IPNetwork network)
    {
        _peers.Require(peer);
        _state.AllowedIPs.Add(network, peer);
    }

    /// <summary>Takes exactly this prefix from a peer. False if it was not its own.</summary>
    public bool RemoveAllowedIP(Peer peer, IPNetwork network)
    {
        _peers.Require(peer);
        return _state.AllowedIPs.Remove(network, peer);
    }

    /// <summary>
    /// Becomes somebody else: sessions made with the old key are not sent on any more, and a peer with the new public key
    /// is removed. The same key changes nothing.
    /// </summary>
    public void SetPrivateKey(PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        if (privateKey.PublicKey == PublicKey)
        {
            return;
        }

        var previous = _state.Identity;
        _state.Identity = new LocalIdentity(privateKey);
        previous.Dispose();
        if (_peers.Find(privateKey.PublicKey) is { } self)
        {
            RemovePeer(self);
        }

        foreach (var peer in _peers.All)
        {
            peer.IdentityChanged();
        }
    }

    /// <summary>
    /// To be called when the machine slept or the network changed: no session is sent on any more, and those in use are
    /// replaced by a handshake at once.
    /// </summary>
    public void ExpireSessions(TimeSpan now)
    {
        now = _state.Advance(now);
        foreach (var peer in _peers.All)
        {
            peer.ExpireSessions(now);
        }
    }

    /// <summary>To be called when our own address changed: by a keepalive those with a session learn the new one at once.</summary>
    public void SendKeepalives(TimeSpan now)
    {
        now = _state.Advance(now);
        foreach (var peer in _peers.All)
        {
            if (peer.HasSession(now))
            {
                peer.SendKeepalive(now);
            }
        }
    }

    /// <summary>Takes a datagram, and opens it where it is. No bytes make it throw.</summary>
    /// <param name="now">The time.</param>
    /// <param name="datagram">What came.</param>
    /// <param name="source">Where from.</param>
    /// <param name="ecn">Of its IP header; Not-ECT where that is not known.</param>
    public ReceiveResult Receive(TimeSpan now, Span<byte> datagram, in UdpEndPoint source, EcnField ecn = EcnField.NotEct)
    {
        ReceiveResult received;
        try
        {
            received = ReceiveCore(_state.Advance(now), datagram, source, ecn);
        }
        catch (Exception fault)
        {
            _state.Faults.Add($"a datagram of {datagram.Length} bytes", fault);
            received = new ReceiveResult(DatagramOutcome.Fault);
        }

        _received[(int)received.Outcome]++;
        return received;
    }

    /// <summary>
    /// Sends an inner packet to the peer that has its destination. The packet lies in <paramref name="slot"/> behind
    /// <see cref="HeaderLength"/> bytes, with room behind it for padding to a multiple of 16 and for the tag.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="slot">Where the packet lies, and then the datagram.</param>
    /// <param name="packetLength">Of the packet.</param>
    /// <param name="datagramLength">Of the datagram.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="ecn">For its IP header; where that cannot be set, nothing is lost but that routers drop instead of mark.</param>
    /// <exception cref="ArgumentException">The slot is too small.</exception>
    public SendOutcome Send(
        TimeSpan now, Span<byte> slot, int packetLength, out int datagramLength, out UdpEndPoint destination, out EcnField ecn)
    {
        var outcome = SendCore(_state.Advance(now), slot, packetLength, out datagramLength, out destination, out ecn);
        _sent[(int)outcome]++;
        return outcome;
    }

    /// <summary>Gives the next datagram to be sent, if there is one: handshakes, cookie replies, keepalives, staged packets.</summary>
    /// <param name="now">The time.</param>
    /// <param name="buffer">At least <see cref="Mtu"/> + 64 bytes.</param>
    /// <param name="length">Its length.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="ecn">For its IP header, as with <see cref="Send"/>.</param>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public bool TryTransmit(TimeSpan now, Span<byte> buffer, out int length, out UdpEndPoint destination, out EcnField ecn)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, Mtu + 64, nameof(buffer));
        if (_handshakes.TryTransmitCookieReply(buffer, out destination))
        {
            length = CookieReply.Size;
            ecn = EcnField.NotEct;
            return true;
        }

        return _state.TryTransmit(_state.Advance(now), buffer, out length, out destination, out ecn);
    }

    /// <summary>Does what is due.</summary>
    public void OnTimeout(TimeSpan now)
    {
        now = _state.Advance(now);
        while (_state.Schedule.Earliest <= now)
        {
            Expire(now, _state.Schedule.First!);
        }

        while (TryHandleQueued(now, out var received))
        {
            _received[(int)received.Outcome]++;
        }
    }

    /// <summary>Zeroes all keys.</summary>
    public void Dispose()
    {
        _peers.Clear();
        _handshakes.Clear();
        _state.Identity.Dispose();
    }

    private ReceiveResult ReceiveCore(TimeSpan now, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        if (datagram.Length < TransportHeader.MinimumMessageSize)
        {
            return new ReceiveResult(DatagramOutcome.UnknownMessage);
        }

        var type = (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(datagram);
        if (type == MessageType.Transport)
        {
            return _state.Indices.TryFind(TransportHeader.Read(datagram).Receiver, out var entry)
                && entry.Session is { } session
                ? Open(now, entry.Peer, session, datagram, source, ecn)
                : new ReceiveResult(DatagramOutcome.UnknownIndex);
        }

        return (type, datagram.Length) switch
        {
            (MessageType.HandshakeInitiation, HandshakeInitiation.Size) => _handshakes.Receive(now, datagram, source),
            (MessageType.HandshakeResponse, HandshakeResponse.Size) => _handshakes.Receive(now, datagram, source),
            (MessageType.CookieReply, CookieReply.Size) => _handshakes.ReceiveCookieReply(now, datagram),
            _ => new ReceiveResult(DatagramOutcome.UnknownMessage),
        };
    }

    private SendOutcome SendCore(
        TimeSpan now, Span<byte> slot, int packetLength, out int datagramLength, out UdpEndPoint destination, out EcnField ecn)
    {
        datagramLength = 0;
        destination = default;
        ecn = default;
        ArgumentOutOfRangeException.ThrowIfNegative(packetLength);
        if (packetLength > Mtu)
        {
            return SendOutcome.TooBig;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(
            slot.Length, packetLength + Constants.Padding(packetLength, Mtu) + Overhead, nameof(slot));
        if (!InnerPacket.TryReadDestination(slot.Slice(HeaderLength, packetLength), out var inner))
        {
            return SendOutcome.Malformed;
        }

        if (_state.AllowedIPs.Find(inner) is not { } peer)
        {
            return SendOutcome.NoRoute;
        }

        destination = peer.EndPoint;
        return Seal(now, peer, slot, packetLength, out datagramLength, out ecn);
    }
}
