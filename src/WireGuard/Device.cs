using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;

namespace Onetun.WireGuard;

/// <summary>The WireGuard protocol without sockets, clocks or threads: one private key and its peers.</summary>
/// <remarks>
/// Give it the datagrams that arrive (<see cref="Receive"/>) and the packets to send (<see cref="Send"/>), and call it when it
/// asks to be called (<see cref="NextTimeout"/>, <see cref="OnTimeout"/>). After each of these calls, or after a batch of them,
/// call <see cref="TryTransmit"/> until it returns false. <c>now</c> is a time on any monotonic clock that also counts the
/// machine's sleep; a <c>now</c> earlier than the last one is taken for the last one. Not thread-safe: one caller at a time.
/// </remarks>
public sealed partial class Device : IDisposable
{
    /// <summary>Bytes that a caller of <see cref="Send"/> leaves free in front of an inner packet: 16.</summary>
    public const int HeaderLength = TransportHeader.Size;

    /// <summary>Bytes of the authentication tag behind an inner packet and its padding: 16.</summary>
    public const int TagLength = Aead.TagSize;

    /// <summary>Bytes by which a datagram is longer than the padded packet in it: header and tag, 32.</summary>
    public const int Overhead = HeaderLength + TagLength;

    private readonly DeviceState _state;
    private readonly PeerTable _peers;
    private readonly long[] _received = new long[Enum.GetValues<DatagramOutcome>().Length];
    private readonly long[] _sent = new long[Enum.GetValues<SendOutcome>().Length];
    private readonly HandshakeReceiver _handshakes;

    /// <summary>Creates a device without peers.</summary>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The private key is disposed.</exception>
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

    /// <summary>The library that encrypts packets: the one the options ask for if it is available, otherwise libsodium.</summary>
    public AeadLibrary AeadLibrary => _state.Keys.Library;

    /// <summary>Our static public key.</summary>
    public PublicKey PublicKey => _state.Identity.PublicKey;

    /// <summary>The longest inner packet, bytes.</summary>
    public int Mtu => _state.Mtu;

    /// <summary>All peers, in no particular order: a live view, not to be enumerated while peers are added or removed.</summary>
    public Dictionary<PublicKey, Peer>.ValueCollection Peers => _peers.All;

    /// <summary>Packets dropped so far because too many were waiting for a session.</summary>
    public long StagedOverflows => _state.Staged.Overflows;

    /// <summary>
    /// Packets that have stopped waiting for a session, because they were sent or given up: whenever it grows, there is room
    /// again.
    /// </summary>
    public long StagedDepartures => _state.Staged.Departures;

    /// <summary>
    /// When <see cref="OnTimeout"/> must be called at the latest, <see cref="TimeSpan.MaxValue"/> if nothing is due. It may be
    /// too early, never too late.
    /// </summary>
    public TimeSpan NextTimeout =>
        _handshakes.NextTimeout < _state.Schedule.Earliest ? _handshakes.NextTimeout : _state.Schedule.Earliest;

    /// <summary>Handshakes and sessions that a datagram can name: at most four for each peer.</summary>
    internal int IndexCount => _state.Indices.Count;

    /// <summary>How many received datagrams have had this outcome.</summary>
    public long Count(DatagramOutcome outcome) => _received[(int)outcome];

    /// <summary>How many packets given to <see cref="Send"/> have had this outcome.</summary>
    public long Count(SendOutcome outcome) => _sent[(int)outcome];

    /// <summary>The peer with this static public key, or null.</summary>
    /// <exception cref="ArgumentException">The key is <c>default</c>.</exception>
    public Peer? FindPeer(in PublicKey publicKey) => _peers.Find(publicKey.OrRefused(nameof(publicKey)));

    /// <summary>The peer that packets to an inner address go to, by the longest prefix among all allowed IPs, or null.</summary>
    /// <param name="address">The 4 or 16 bytes of an IPv4 or IPv6 address, in network order.</param>
    /// <exception cref="ArgumentException">The address has neither 4 nor 16 bytes.</exception>
    public Peer? FindRoute(ReadOnlySpan<byte> address) => _state.AllowedIPs.Find(InnerAddress.Read(address));

    /// <summary>The same for an address; an IPv6 one that stands for an IPv4 one (::ffff:a.b.c.d) is taken for that.</summary>
    public Peer? FindRoute(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return _state.AllowedIPs.Find(InnerAddress.From(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));
    }

    /// <summary>
    /// Whether a packet to an inner address would push out one that is waiting: its peer has no session yet, and no more may
    /// wait. A caller that can hold the packet back asks again when <see cref="StagedDepartures"/> has grown.
    /// </summary>
    /// <param name="address">As for <see cref="FindRoute(ReadOnlySpan{byte})"/>.</param>
    /// <exception cref="ArgumentException">The address has neither 4 nor 16 bytes.</exception>
    public bool IsFullFor(ReadOnlySpan<byte> address) =>
        !_state.Staged.IsFullForNone && FindRoute(address) is { } peer && peer.Staged.IsFull;

    /// <summary>Throws if these can never be the options of a peer of this device; changes nothing.</summary>
    /// <exception cref="ArgumentException">The public key is <c>default</c> or our own.</exception>
    public void Validate(PeerOptions options) => _peers.Validate(options);

    /// <summary>Adds a peer. With an endpoint and a persistent keepalive, the handshake begins at once.</summary>
    /// <exception cref="ArgumentException">
    /// The peer is there already, there are <see cref="DeviceOptions.MaxPeers"/> already, or the public key is <c>default</c> or
    /// our own.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The preshared key is disposed.</exception>
    public Peer AddPeer(TimeSpan now, PeerOptions options) => _peers.Add(now, options);

    /// <summary>Removes a peer and zeroes its keys. Its allowed IPs then belong to no peer.</summary>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    public void RemovePeer(Peer peer) => _peers.Remove(peer);

    /// <summary>
    /// Sends to this endpoint from now on, until the peer roams: an authentic datagram from elsewhere moves it there.
    /// </summary>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    public void SetEndPoint(TimeSpan now, Peer peer, in UdpEndPoint endpoint)
    {
        _peers.Require(peer);
        peer.SetEndPoint(_state.Advance(now), endpoint);
    }

    /// <summary>
    /// To be called when nothing can be sent to an endpoint from its <see cref="UdpEndPoint.Source"/>: the system then chooses
    /// the source, until the peer there is heard again.
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

    /// <summary>Changes the preshared key from the next handshake on. The key is copied; null removes it.</summary>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    /// <exception cref="ObjectDisposedException">The key is disposed.</exception>
    public void SetPresharedKey(Peer peer, PresharedKey? key)
    {
        _peers.Require(peer);
        peer.Handshake.SetPresharedKey(key);
    }

    /// <summary>Changes the persistent keepalive: up to 65,535 s, zero for off. When it is on, one is sent at once.</summary>
    /// <exception cref="ArgumentException">It is not a peer of this device, or the interval is out of its range.</exception>
    public void SetPersistentKeepalive(TimeSpan now, Peer peer, TimeSpan interval)
    {
        _peers.Require(peer);
        PeerOptions.ValidateKeepalive(interval, nameof(interval));
        peer.SetPersistentKeepalive(_state.Advance(now), interval);
    }

    /// <summary>
    /// Sends the packets that wait, or a keepalive if none do; a handshake begins if there is no session. Without an endpoint it
    /// does nothing.
    /// </summary>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    public void SendKeepalive(TimeSpan now, Peer peer)
    {
        _peers.Require(peer);
        peer.SendKeepalive(_state.Advance(now));
    }

    /// <summary>Adds a prefix to a peer's allowed IPs, and takes it from the peer that had exactly this one.</summary>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    public void AddAllowedIP(Peer peer, IPNetwork network)
    {
        _peers.Require(peer);
        _state.AllowedIPs.Add(network, peer);
    }

    /// <summary>Takes exactly this prefix out of a peer's allowed IPs.</summary>
    /// <returns>False if the peer does not have it.</returns>
    /// <exception cref="ArgumentException">It is not a peer of this device.</exception>
    public bool RemoveAllowedIP(Peer peer, IPNetwork network)
    {
        _peers.Require(peer);
        return _state.AllowedIPs.Remove(network, peer);
    }

    /// <summary>
    /// Changes our static key, which is copied: nothing more is sent on sessions made with the old key, and a peer that has the
    /// new public key is removed. The same key changes nothing.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The key is disposed, and not the same.</exception>
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
    /// To be called when the machine has slept or the network has changed: nothing more is sent on any session, and a handshake
    /// begins at once with every peer that had a session, packets waiting or a persistent keepalive.
    /// </summary>
    public void ExpireSessions(TimeSpan now)
    {
        now = _state.Advance(now);
        foreach (var peer in _peers.All)
        {
            peer.ExpireSessions(now);
        }
    }

    /// <summary>
    /// Is shown the keys of every handshake before its message can be transmitted, within the call of the device that makes it;
    /// null, the default, is nobody. It does not throw.
    /// </summary>
    public HandshakeKeysHandler? KeysMade
    {
        get => _state.KeysMade;
        set => _state.KeysMade = value;
    }

    /// <summary>
    /// Begins a handshake with every peer that has a session, as soon as the last one is 5 s old; until the new session is there,
    /// the old one serves.
    /// </summary>
    public void RenewSessions(TimeSpan now)
    {
        now = _state.Advance(now);
        foreach (var peer in _peers.All)
        {
            if (peer.HasSession(now))
            {
                peer.Handshake.Begin(now);
            }
        }
    }

    /// <summary>To be called when our own address has changed: a keepalive tells it to every peer that has a session.</summary>
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

    /// <summary>Takes a datagram, and decrypts it in place. Whatever its bytes, it does not throw.</summary>
    /// <param name="now">The time.</param>
    /// <param name="datagram">The UDP payload; afterwards it holds the inner packet, if there is one.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="ecn">The ECN field of its IP header; Not-ECT if that is not known.</param>
    /// <returns>What it was, and where in it the inner packet lies.</returns>
    public ReceiveResult Receive(TimeSpan now, Span<byte> datagram, in UdpEndPoint source, EcnField ecn = EcnField.NotEct)
    {
        var arrival = Find(now, datagram);
        arrival.Open(datagram);
        return Take(now, arrival, datagram, source, ecn);
    }

    /// <summary>
    /// The first part of <see cref="Receive"/>: finds what opens a datagram, which is then to be opened, and after that taken.
    /// </summary>
    public Arrival Find(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        if (!IsPacket(datagram))
        {
            return default;
        }

        var header = TransportHeader.Read(datagram);
        return _state.Indices.TryFind(header.Receiver, out var entry) && entry.Session is { } session
            ? Find(_state.Advance(now), session, header.Counter)
            : default;
    }

    /// <summary>Whether a message is one that carries a packet, be it an empty one.</summary>
    /// <param name="message">The UDP payload.</param>
    public static bool IsPacket(ReadOnlySpan<byte> message) =>
        message.Length >= TransportHeader.MinimumMessageSize && TypeOf(message) == MessageType.Transport;

    /// <summary>The last part of <see cref="Receive"/>. Several that were found may be taken in the order in which they came.</summary>
    /// <param name="now">The time.</param>
    /// <param name="arrival">What was found for the datagram, opened.</param>
    /// <param name="datagram">The UDP payload, with the inner packet, if there is one.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="ecn">The ECN field of its IP header; Not-ECT if that is not known.</param>
    /// <returns>What it was, and where in it the inner packet lies.</returns>
    public ReceiveResult Take(TimeSpan now, in Arrival arrival, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        ReceiveResult received;
        try
        {
            received = TakeCore(_state.Advance(now), arrival, datagram, source, ecn);
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
    /// Sends an inner packet to the peer that its destination belongs to. The packet lies in <paramref name="slot"/> behind
    /// <see cref="HeaderLength"/> free bytes, with room behind it for padding to a multiple of 16 and for the tag.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="slot">
    /// Holds the packet, and afterwards the datagram, if the outcome is <see cref="SendOutcome.Sealed"/>.
    /// </param>
    /// <param name="packetLength">Bytes of the packet.</param>
    /// <param name="datagramLength">Bytes of the datagram, from the start of the slot; 0 if there is none to send.</param>
    /// <param name="destination">Where the datagram goes.</param>
    /// <param name="ecn">For its IP header; if that cannot be set, routers drop where they could have marked, no more.</param>
    /// <exception cref="ArgumentException">The slot is too small, or the length negative.</exception>
    public SendOutcome Send(
        TimeSpan now, Span<byte> slot, int packetLength, out int datagramLength, out UdpEndPoint destination, out EcnField ecn)
    {
        var outcome = Prepare(now, slot, packetLength, out var departure);
        (datagramLength, destination, ecn) = (departure.Length, departure.Destination, departure.Ecn);
        if (TrySeal(now, departure, slot))
        {
            return outcome;
        }

        datagramLength = 0;
        _sent[(int)outcome]--;
        _sent[(int)SendOutcome.Fault]++;
        return SendOutcome.Fault;
    }

    /// <summary>Does what <see cref="Send"/> does, but that the packet is yet to be sealed.</summary>
    /// <param name="now">The time.</param>
    /// <param name="slot">As there.</param>
    /// <param name="packetLength">Bytes of the packet.</param>
    /// <param name="departure">How the datagram leaves, if the outcome is <see cref="SendOutcome.Sealed"/>.</param>
    /// <exception cref="ArgumentException">The slot is too small, or the length negative.</exception>
    public SendOutcome Prepare(TimeSpan now, Span<byte> slot, int packetLength, out Departure departure)
    {
        var outcome = SendCore(_state.Advance(now), slot, packetLength, out departure);
        _sent[(int)outcome]++;
        return outcome;
    }

    /// <summary>
    /// Writes the next datagram to be sent, if there is one: a handshake message, cookie reply, keepalive or staged packet.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <param name="buffer">At least <see cref="Mtu"/> + 64 bytes.</param>
    /// <param name="length">Bytes of the datagram.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="ecn">For its IP header, as with <see cref="Send"/>.</param>
    /// <returns>False if there is none.</returns>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public bool TryTransmit(TimeSpan now, Span<byte> buffer, out int length, out UdpEndPoint destination, out EcnField ecn)
    {
        Departure departure;
        do
        {
            if (!TryPrepare(now, buffer, out departure))
            {
                (length, destination, ecn) = (0, default, default);
                return false;
            }
        }
        while (!TrySeal(now, departure, buffer));

        (length, destination, ecn) = (departure.Length, departure.Destination, departure.Ecn);
        return true;
    }

    /// <summary>Does what <see cref="TryTransmit"/> does, but that a packet is yet to be sealed.</summary>
    /// <param name="now">The time.</param>
    /// <param name="buffer">At least <see cref="Mtu"/> + 64 bytes.</param>
    /// <param name="departure">How the datagram leaves.</param>
    /// <returns>False if there is none.</returns>
    /// <exception cref="ArgumentException">The buffer is too small.</exception>
    public bool TryPrepare(TimeSpan now, Span<byte> buffer, out Departure departure)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, Mtu + 64, nameof(buffer));
        if (_handshakes.TryTransmitCookieReply(buffer, out var destination))
        {
            departure = new Departure(null, CookieReply.Size, destination);
            return true;
        }

        return _state.TryTransmit(_state.Advance(now), buffer, out departure);
    }

    /// <summary>
    /// Does what is due at this time. To be called at <see cref="NextTimeout"/>; calling it earlier does no harm.
    /// </summary>
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

    /// <summary>Removes all peers and zeroes all keys. The device must not be used afterwards.</summary>
    public void Dispose()
    {
        _peers.Clear();
        _handshakes.Clear();
        _state.Identity.Dispose();
    }

    private static MessageType TypeOf(ReadOnlySpan<byte> datagram) => (MessageType)BinaryPrimitives.ReadUInt32LittleEndian(datagram);

    private ReceiveResult TakeCore(TimeSpan now, in Arrival arrival, Span<byte> datagram, in UdpEndPoint source, EcnField ecn)
    {
        if (datagram.Length < TransportHeader.MinimumMessageSize)
        {
            return new ReceiveResult(DatagramOutcome.UnknownMessage);
        }

        var type = TypeOf(datagram);
        if (type == MessageType.Transport)
        {
            // Found with others, it may have come behind the end of its session
            return arrival.Session is { } session && _state.Indices.TryFind(session.LocalIndex, out var entry) && entry.Session == session
                ? Take(now, session, arrival, datagram, source, ecn)
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

    private SendOutcome SendCore(TimeSpan now, Span<byte> slot, int packetLength, out Departure departure)
    {
        departure = default;
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

        return Depart(now, peer, slot, packetLength, out departure);
    }
}
