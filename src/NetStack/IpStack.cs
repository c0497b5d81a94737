using System.Diagnostics.CodeAnalysis;

namespace Onetun.NetStack;

/// <summary>
/// The IP stack of a host, without clock, thread or socket. Packets go in by <see cref="Receive"/>, come out of
/// <see cref="TryTransmit"/> until it returns false, and <see cref="OnTimeout"/> is due at <see cref="NextTimeout"/>. Not
/// thread-safe: <see cref="StackDriver"/> runs it under one lock. <c>now</c> is the time of a monotonic clock that goes on
/// while the system sleeps.
/// </summary>
public sealed partial class IpStack
{
    private readonly HashSet<IpAddress> _addresses;
    private readonly SourceAddresses _sources;
    private readonly FlowSecret _secret;
    private readonly TcpSettings _settings;
    private readonly PortAllocator _ports;
    private readonly Dictionary<FlowKey, TcpConnection> _connections;
    private readonly TimerHeap _timers = new();
    private readonly Replies _replies;
    private readonly PacketReader _reader = new();
    private readonly Reassembler _reassembler;
    private readonly SynCookies _cookies;

    /// <summary>Creates a stack without connections.</summary>
    /// <param name="options">Its options.</param>
    /// <exception cref="ArgumentException">The secret is not 32 bytes.</exception>
    public IpStack(IpStackOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _addresses = [.. options.Addresses.Select(one => IpAddress.From(one.Address))];
        _loopback = new Loopback(_addresses);
        _replies = new Replies(options.Mtu, _loopback);
        _sources = new SourceAddresses(options.Addresses);
        _secret = new FlowSecret(options.Secret.Span);
        _settings = new TcpSettings(options.Tcp, options.Mtu, _loopback);
        _ports = new PortAllocator(_secret);
        _cookies = new SynCookies(_secret, _settings);
        _connections = new Dictionary<FlowKey, TcpConnection>(_secret.Comparer);
        _reassembler = new Reassembler(_secret.Comparer);
        var identifier = (ushort)(_secret.Port(default) >> 16);
        (_prober, _pings) = (new PathProber(options.Mtu, identifier), new Pings((ushort)~identifier, _loopback));
        Udp = new UdpTable(options.Udp, options.Mtu, _secret, _ports, _settings.Paths, _loopback);
    }

    /// <summary>The options with which it was created.</summary>
    public IpStackOptions Options { get; }

    internal UdpTable Udp { get; }

    /// <summary>The counters, without those of present connections.</summary>
    internal IpStackStatistics Statistics { get; } = new();

    internal IReadOnlyCollection<TcpConnection> Connections => _connections.Values;

    /// <summary>A snapshot of its counters.</summary>
    public IpStackStatistics GetStatistics() => IpStackStatistics.Of(this);

    /// <summary>Connections at present, those in TIME-WAIT included.</summary>
    public int ConnectionCount => _connections.Count;

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan NextTimeout
    {
        get
        {
            var next = TcpTimers.Lesser(_timers.Earliest, _reassembler.NextTimeout);
            var ofEchoes = TcpTimers.Lesser(_prober.NextTimeout, _pings.NextTimeout);
            return TcpTimers.Lesser(TcpTimers.Lesser(next, ofEchoes), _loopbackDeadline);
        }
    }

    /// <summary>Orphaned connections: those that the application has closed, and that only deliver what is left.</summary>
    public int OrphanCount => _connections.Values.Count(connection => connection.IsOrphan);

    /// <summary>Bytes that the buffers of all connections hold (<see cref="TcpOptions.BufferMemory"/>).</summary>
    public long BufferedBytes => _settings.Memory.Used;

    /// <summary>The connection of a flow, if there is one.</summary>
    internal TcpConnection? Find(in FlowKey flow) => _connections.GetValueOrDefault(flow);

    /// <summary>Whether any connection has data or a FIN that its peer has not acknowledged.</summary>
    internal bool IsDelivering => _connections.Values.Any(c =>
        c.State is not (TcpState.Closed or TcpState.TimeWait or TcpState.FinWait2)
        && (c.Sender.Buffer.Length > 0 || (c.Sender.IsFinished && !c.Sender.FinAcknowledged)));

    /// <summary>Processes a received packet. Never throws.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="packet">The packet, from its IP header on.</param>
    /// <returns>What became of it.</returns>
    public PacketOutcome Receive(TimeSpan now, ReadOnlySpan<byte> packet) => Take(now, packet, isOurs: false);

    /// <summary>Processes a packet.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="packet">The packet.</param>
    /// <param name="isOurs">Whether it is from ourselves.</param>
    private PacketOutcome Take(TimeSpan now, ReadOnlySpan<byte> packet, bool isOurs)
    {
        PacketOutcome outcome;
        try
        {
            outcome = Dispatch(now, packet, isOurs);
        }
        catch (Exception fault)
        {
            Note($"a packet of {packet.Length} bytes", fault);
            outcome = PacketOutcome.Fault;
        }

        Statistics.Count(outcome);
        return outcome;
    }

    /// <summary>Writes the next packet to be sent, and delivers those to ourselves.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="buffer">Gets the packet; at least <see cref="IpStackOptions.Mtu"/> bytes.</param>
    /// <param name="length">The length of the packet, in bytes.</param>
    /// <returns>False if there is none.</returns>
    public bool TryTransmit(TimeSpan now, Span<byte> buffer, out int length)
    {
        DeliverToOurselves(now, buffer);
        if (TryTransmitDatagram(now, buffer, out length)
            || _replies.TryTransmit(buffer, out length)
            || TryTransmitSegment(now, buffer, out length)
            || _pings.TryTransmit(buffer, out length)
            || _prober.TryTransmit(buffer, out length))
        {
            Statistics.PacketsSent++;
            return true;
        }

        _loopbackLeft = LoopbackQuantum;
        return false;
    }

    /// <summary>Processes the deadlines that have passed.</summary>
    /// <param name="now">The current time.</param>
    public void OnTimeout(TimeSpan now)
    {
        _loopbackDeadline = _loopbackDeadline <= now ? TimeSpan.MaxValue : _loopbackDeadline;
        while (_timers.TryTake(now, out var connection))
        {
            if (connection.NextTimeout <= now)
            {
                Expire(now, connection);
            }

            _timers.Update(connection, connection.NextTimeout);
        }

        _pings.OnTimeout(now);
        if (_prober.NextTimeout <= now)
        {
            EndSearches(now);
        }

        while (_reassembler.OnTimeout(now, out var first))
        {
            _replies.LateFragment(now, first);
        }
    }

    /// <summary>The next connection that has events, if there is one.</summary>
    internal bool TryTakeEvents([NotNullWhen(true)] out TcpConnection? connection, out TcpEvents events)
    {
        events = TcpEvents.None;
        if (!_settings.Events.TryDequeue(out connection))
        {
            return false;
        }

        events = connection.TakeEvents();
        connection.Listener?.OnEvents(connection, events);
        return true;
    }

    /// <summary>Active open from the source address for the destination; null if there is none, or no room.</summary>
    internal TcpConnection? Connect(TimeSpan now, IpAddress remote, ushort port)
    {
        if (!_sources.TryFind(remote, out var local) || _connections.Count >= Options.Tcp.MaxConnections
            || !_ports.TryAllocate(local, remote, port, IsTaken, out var flow))
        {
            return null;
        }

        var (sequence, stamp) = _secret.Initial(now, flow);
        var connection = TcpConnection.Open(now, _settings, flow, sequence, stamp);
        Add(connection);
        return connection;
    }

    /// <summary>Opens a UDP flow from the source address for the destination; null if there is none, or no room.</summary>
    internal UdpFlow? ConnectUdp(IpAddress remote, ushort port) =>
        _sources.TryFind(remote, out var local) ? Udp.Connect(local, remote, port) : null;

    /// <summary>Whether an address is one of ours.</summary>
    internal bool Has(IpAddress address) => _addresses.Contains(address);

    /// <summary>Whether one of our addresses is of the IP version of the given one.</summary>
    internal bool HasAddressLike(IpAddress remote) => _sources.TryFind(remote, out _);

    private OutputQueue Output => _settings.Output;

    private bool TryTransmitDatagram(TimeSpan now, Span<byte> buffer, out int length)
    {
        if (!TryTransmitUdp(now, buffer, out length))
        {
            return false;
        }

        LookAtPath(now, buffer[..length]);
        return true;
    }

    private bool TryTransmitSegment(TimeSpan now, Span<byte> buffer, out int length)
    {
        while (Output.TryPeek(out var connection))
        {
            if (IsHeldBack(connection))
            {
                HoldBack(connection);
                continue;
            }

            if (connection.DoubtsPath)
            {
                connection.DoubtsPath = false;
                LookAtPath(now, connection.Flow.Local, connection.Flow.Remote);
            }

            if (TryTransmitFrom(connection, now, buffer, out length))
            {
                Output.OnSent();
                return true;
            }

            Settle(Output.EndTurn());
        }

        length = 0;
        return false;
    }

    private PacketOutcome Dispatch(TimeSpan now, ReadOnlySpan<byte> packet, bool isOurs)
    {
        const TcpFlags Control = TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst | TcpFlags.Urg;
        if (SegmentReader.TryRead(packet, out var segment) == ReadResult.Ok
            && (segment.Flags & Control) == 0
            && _connections.TryGetValue(segment.Flow, out var connection)
            && connection.IsWithOurselves == isOurs)
        {
            Deliver(now, connection, segment);
            return PacketOutcome.Segment;
        }

        // The general path, which reads with PacketDotNet whatever is no plain data or ACK of a known flow
        switch (IpHeader.Read(packet, out var header))
        {
            case ReadResult.Ok:
                break;
            case ReadResult.MappedAddress:
                return PacketOutcome.MappedAddress;
            case ReadResult.ForbiddenSource:
                return PacketOutcome.ForbiddenSource;
            case ReadResult.BadChecksum:
                return PacketOutcome.BadChecksum;
            default:
                _replies.UnknownOption(now, packet);
                return PacketOutcome.Malformed;
        }

        if (!_addresses.Contains(header.Destination))
        {
            return PacketOutcome.NotOurs;
        }

        if (!isOurs && _addresses.Contains(header.Source))
        {
            return PacketOutcome.ForbiddenSource; // What we say to ourselves never comes from outside
        }

        return header.IsFragment ? OnFragment(now, packet, header) : OnWhole(now, packet, header, isReassembled: false);
    }

    private PacketOutcome OnFragment(TimeSpan now, ReadOnlySpan<byte> packet, in IpHeader header)
    {
        var result = _reassembler.Add(now, packet, header, out var whole);
        if (result == ReassemblyResult.Complete && IpHeader.TryRead(whole, out var wholeHeader))
        {
            return OnWhole(now, whole, wholeHeader, isReassembled: true);
        }

        _replies.BadFragment(now, packet, header, result);
        return PacketOutcome.Fragment;
    }

    private PacketOutcome OnWhole(TimeSpan now, ReadOnlySpan<byte> packet, in IpHeader header, bool isReassembled)
    {
        return header.Protocol switch
        {
            IpProtocol.Tcp => OnControlSegment(now, packet),
            IpProtocol.Udp => OnDatagram(now, packet, header),
            IpProtocol.Icmp or IpProtocol.IcmpV6 => OnIcmp(now, packet, isReassembled),
            _ => Unreachable(now, packet, IcmpErrorKind.ProtocolUnreachable, PacketOutcome.UnknownProtocol),
        };
    }

    private PacketOutcome OnControlSegment(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        switch (_reader.TryReadTcp(packet, out var segment))
        {
            case ReadResult.Ok:
                break;
            case ReadResult.BadChecksum:
                return PacketOutcome.BadChecksum;
            default:
                return PacketOutcome.Malformed;
        }

        if (_connections.TryGetValue(segment.Flow, out var connection))
        {
            if (!IsReuse(connection, segment))
            {
                Deliver(now, connection, segment);
                return PacketOutcome.ControlSegment;
            }

            connection.Abort();
            Settle(connection); // TIME-WAIT gives way to a newer incarnation (RFC 6191)
            return OnSegmentInListen(now, segment, above: connection.Sender.Sequence.Wrap(connection.Sender.Next));
        }

        return OnSegmentInListen(now, segment);
    }

    private bool IsReuse(TcpConnection connection, in TcpSegment segment) =>
        connection.State == TcpState.TimeWait
        && _listeners.TryFind(segment.Flow.Local, segment.Flow.LocalPort, out _)
        && (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst | TcpFlags.Fin)) == TcpFlags.Syn
        && connection.IsNewer(segment);

    private PacketOutcome OnDatagram(TimeSpan now, ReadOnlySpan<byte> packet, in IpHeader header)
    {
        if (!UdpDatagram.TryRead(packet, header, out var datagram)
            || (!Udp.HasReceiver(datagram.Flow) && !_reader.TryReadUdp(packet, out datagram)))
        {
            return PacketOutcome.BadChecksum;
        }

        var outcome = Udp.Receive(datagram);
        return outcome == PacketOutcome.NoPort
            ? Unreachable(now, packet, IcmpErrorKind.PortUnreachable, outcome)
            : outcome;
    }

    private PacketOutcome Unreachable(
        TimeSpan now, ReadOnlySpan<byte> packet, IcmpErrorKind kind, PacketOutcome outcome)
    {
        _replies.Unreachable(now, packet, kind);
        return outcome;
    }

    private void Add(TcpConnection connection)
    {
        _connections.Add(connection.Flow, connection);
        Statistics.ConnectionsOpened++;
        connection.Flush();
    }

    private void Remove(TcpConnection connection)
    {
        _timers.Remove(connection);
        _heldBack.Remove(connection);
        if (_connections.TryGetValue(connection.Flow, out var current) && current == connection)
        {
            _connections.Remove(connection.Flow);
            Statistics.Retransmissions += connection.Sender.Retransmissions;
            Statistics.OrphansTimedOut += connection is { IsOrphan: true, End: TcpEnd.TimedOut } ? 1 : 0;
            Statistics.MarkReductions += connection.Sender.MarkReductions;
        }
    }

    /// <summary>
    /// A connection has nothing more to send for now: removes it if it has ended, otherwise updates its deadline.
    /// </summary>
    private void Settle(TcpConnection connection)
    {
        if (connection.State == TcpState.Closed)
        {
            Remove(connection);
        }
        else
        {
            _timers.Update(connection, connection.NextTimeout);
        }
    }
}
