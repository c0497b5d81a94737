using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>What a stack does with packets that belong to no connection, and the names it has for them.</summary>
public sealed class IpStackTests
{
    private static readonly FlowKey Flow4 = Flow("10.0.0.1", "10.0.0.9");
    private static readonly FlowKey Flow6 = Flow("fd00::1", "fd00::9");

    private readonly byte[] _buffer = new byte[2048];
    private readonly PacketReader _reader = new();
    private readonly IpStack _stack = new(new IpStackOptions
    {
        Addresses = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")],
        Secret = new byte[32],
        Tcp = new TcpOptions { Backlog = 3, MaxConnections = 5 },
    });

    private TimeSpan _now = TimeSpan.FromHours(1);

    public static TheoryData<bool> Versions => [false, true];

    [Theory]
    [MemberData(nameof(Versions))]
    public void Ping_is_answered(bool ipv6)
    {
        var flow = ipv6 ? Flow6 : Flow4;
        Assert.Equal(PacketOutcome.Echo, _stack.Receive(_now, IcmpPackets.Echo(flow, 7, 8, [1, 2, 3])));
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.True(_reader.TryReadIcmp(_buffer.AsSpan(0, length), out var reply));
        Assert.True(reply.IsEchoReply);
        Assert.Equal([1, 2, 3], reply.Body.ToArray());
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
    }

    [Fact]
    public void Pings_are_answered_within_limits()
    {
        var answered = 0;
        for (var i = 0; i < 500; i++)
        {
            _stack.Receive(_now, IcmpPackets.Echo(Flow4, 1, (ushort)i, []));
            answered += _stack.Drain(_now);
        }

        Assert.Equal(50, answered);
        _now += TimeSpan.FromMilliseconds(10);
        for (var i = 0; i < 500; i++)
        {
            _stack.Receive(_now, IcmpPackets.Echo(Flow4, 1, (ushort)i, []));
            answered += _stack.Drain(_now);
        }

        Assert.InRange(answered, 59, 61);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Datagram_to_nobody_is_answered_with_port_unreachable(bool ipv6)
    {
        var flow = ipv6 ? Flow6 : Flow4;
        var length = UdpWriter.Write(_buffer, flow.Reversed, [1, 2, 3]);
        Assert.Equal(PacketOutcome.NoPort, _stack.Receive(_now, _buffer.AsSpan(0, length)));
        Assert.Equal(new IcmpError(IcmpErrorKind.PortUnreachable, 0, flow.Reversed, IpProtocol.Udp, 0), NextError());
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Unknown_protocol_is_answered_with_its_error(bool ipv6)
    {
        var flow = (ipv6 ? Flow6 : Flow4) with { LocalPort = 0, RemotePort = 0 };
        var packet = new byte[100];
        var header = HeaderPrototype.IpLength(flow.Local);
        HeaderPrototype.WriteIp(packet, flow.Remote, flow.Local, 132, 64, packet.Length - header);
        Assert.Equal(PacketOutcome.UnknownProtocol, _stack.Receive(_now, packet));
        Assert.Equal(new IcmpError(IcmpErrorKind.ProtocolUnreachable, 0, flow.Reversed, 132, 0), NextError());
    }

    [Fact]
    public void Packets_for_others_are_dropped_in_silence()
    {
        foreach (var other in new[] { "10.0.0.2", "224.0.0.1", "255.255.255.255", "fd00::2", "ff02::1" })
        {
            var flow = Flow(other, other.Contains(':') ? "fd00::9" : "10.0.0.9");
            Assert.Equal(PacketOutcome.NotOurs, _stack.Receive(_now, new PlainSegment(flow, 1, 0, 2, 9, [], []).ToBytes()));
            Assert.Equal(PacketOutcome.NotOurs, _stack.Receive(_now, IcmpPackets.Echo(flow, 1, 2, [])));
        }

        Assert.Equal(0, _stack.Drain(_now));
    }

    [Fact]
    public void Each_way_to_be_dropped_has_its_name_and_its_counter()
    {
        var syn = new PlainSegment(Flow4, 1, 0, 2, 9, [], [1, 2]).ToBytes();
        Assert.Equal(PacketOutcome.Malformed, _stack.Receive(_now, []));
        Assert.Equal(PacketOutcome.Malformed, _stack.Receive(_now, syn.AsSpan(0, 30)));
        byte[] damaged = [.. syn];
        damaged[^1] ^= 1;
        Assert.Equal(PacketOutcome.BadChecksum, _stack.Receive(_now, damaged));
        byte[] fragment = [.. syn];
        fragment[6] = 0x20;
        PacketEdit.FixIpv4Checksum(fragment);
        Assert.Equal(PacketOutcome.Fragment, _stack.Receive(_now, fragment));
        Assert.Equal(PacketOutcome.NoConnection, _stack.Receive(_now, syn));
        Assert.Equal(2, _stack.Statistics.Received(PacketOutcome.Malformed));
        Assert.Equal(1, _stack.Statistics.Received(PacketOutcome.BadChecksum));
        Assert.Equal(1, _stack.Statistics.Received(PacketOutcome.Fragment));
        Assert.Equal(1, _stack.Statistics.Received(PacketOutcome.NoConnection));
    }

    [Theory]
    [InlineData("::ffff:10.0.0.9", "::ffff:10.0.0.1")]
    [InlineData("::ffff:10.0.0.9", "fd00::1")]
    [InlineData("fd00::9", "::ffff:10.0.0.1")]
    public void Ipv6_packet_of_an_ipv4_address_is_dropped_by_name(string source, string destination)
    {
        _stack.Listen(80);
        _stack.Udp.Listen(80);
        var length = UdpWriter.Write(_buffer, Flow6.Reversed, [1, 2, 3]);
        byte[][] packets =
        [
            new PlainSegment(Flow6, 1, 0, (byte)TcpFlags.Syn, 9, [], []).ToBytes(),
            _buffer[..length],
            IcmpPackets.Echo(Flow6, 7, 8, [1]),
        ];

        Assert.All(packets, packet => Assert.Equal(
            PacketOutcome.MappedAddress, _stack.Receive(_now, PacketEdit.Readdress(packet, source, destination))));
        Assert.Equal(3, _stack.Statistics.Received(PacketOutcome.MappedAddress));
        Assert.Equal((0, 0, 0), (_stack.Drain(_now), _stack.ConnectionCount, _stack.Udp.FlowCount));
    }

    [Fact]
    public void Ipv6_packet_of_mapped_addresses_does_not_reach_a_connection_of_ipv4()
    {
        var queue = _stack.Listen(80)!;
        _stack.Receive(_now, Syn(0));
        var next = Establish(0);
        Assert.True(queue.TryAccept(out var connection));

        var flow = Flow6 with { RemotePort = 1000 };
        var data = new PlainSegment(flow, 2, next, (byte)TcpFlags.Ack, 9, [], [1, 2]).ToBytes();
        var spoofed = PacketEdit.Readdress(data, "::ffff:10.0.0.9", "::ffff:10.0.0.1");
        Assert.Equal(PacketOutcome.MappedAddress, _stack.Receive(_now, spoofed));
        Assert.Equal(0, connection.Receiver.Buffer.Readable);

        // Nor does an error that quotes it
        var quoted = PacketEdit.Readdress(
            new PlainSegment(flow.Reversed, next, 2, (byte)TcpFlags.Ack, 9, [], []).ToBytes(), "::ffff:10.0.0.1", "::ffff:10.0.0.9");
        var error = IcmpPackets.Message(Flow6, IcmpType.UnreachableV6, 0, 0, quoted);
        Assert.Equal(PacketOutcome.IcmpIgnored, _stack.Receive(_now, error));
    }

    [Fact]
    public void Unknown_option_in_a_packet_to_a_mapped_address_is_not_answered()
    {
        var echo = PacketEdit.Readdress(IcmpPackets.Echo(Flow6, 7, 8, [1]), "fd00::9", "::ffff:10.0.0.1");
        _stack.Receive(_now, PacketEdit.WithExtension(echo, IpProtocol.DestinationOptions, [0, 0, 0x9E, 4, 0, 0, 0, 0]));
        Assert.Equal(0, _stack.Drain(_now));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("ff02::1")]
    public void Packet_from_where_none_may_come_is_dropped_by_name(string source)
    {
        _stack.Listen(80);
        var flow = Flow(source.Contains(':') ? "fd00::1" : "10.0.0.1", source);
        var length = UdpWriter.Write(_buffer, flow.Reversed, [1, 2, 3]);

        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, new PlainSegment(flow, 1, 0, 2, 9, [], []).ToBytes()));
        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, _buffer.AsSpan(0, length)));
        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, IcmpPackets.Echo(flow, 7, 8, [1])));
        Assert.Equal((0, 0), (_stack.Drain(_now), _stack.ConnectionCount));
    }

    [Fact]
    public void Resets_are_sent_within_limits()
    {
        var sent = 0;
        for (var i = 0; i < 500; i++)
        {
            _stack.Receive(_now, new PlainSegment(Flow4 with { RemotePort = (ushort)i }, 1, 0, 2, 9, [], []).ToBytes());
            sent += _stack.Drain(_now);
        }

        Assert.Equal(50, sent);
    }

    [Fact]
    public void Answers_that_nobody_fetches_are_bounded()
    {
        for (var i = 0; i < 500; i++)
        {
            _now += TimeSpan.FromMilliseconds(10);
            _stack.Receive(_now, IcmpPackets.Echo(Flow4, 1, (ushort)i, []));
        }

        Assert.InRange(_stack.Drain(_now), 1, 64);
    }

    [Fact]
    public void Backlog_bounds_half_open_connections()
    {
        _stack.Listen(80);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(PacketOutcome.ControlSegment, _stack.Receive(_now, Syn(i)));
        }

        Assert.Equal(3, _stack.Drain(_now));
        Assert.Equal(PacketOutcome.ControlSegment, _stack.Receive(_now, Syn(3))); // With a cookie
        Assert.Equal(1, _stack.Drain(_now));
        Assert.Equal(3, _stack.ConnectionCount);
    }

    [Theory, InlineData(null, 3), InlineData(2, 2), InlineData(4, 4)]
    public void Backlog_bounds_connections_not_accepted(int? backlog, int bound)
    {
        var queue = _stack.Listen(80, backlog: backlog)!;
        for (var i = 0; i < bound; i++)
        {
            _stack.Receive(_now, Syn(i));
            Establish(i);
        }

        Assert.Equal(PacketOutcome.Refused, _stack.Receive(_now, Syn(bound)));
        Assert.True(queue.TryAccept(out _));
        Assert.Equal(PacketOutcome.ControlSegment, _stack.Receive(_now, Syn(bound)));
    }

    [Fact]
    public void Listener_that_closes_resets_connections_not_accepted()
    {
        var queue = _stack.Listen(80)!;
        _stack.Receive(_now, Syn(0));
        Establish(0);
        _stack.StopListening(queue);
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var reset));
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, reset.Flags);
        Assert.Equal(0, _stack.Drain(_now));
        Assert.Equal(0, _stack.ConnectionCount);
    }

    [Fact]
    public void Connections_are_bounded()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.NotNull(_stack.Connect(_now, Flow4.Remote, 80));
        }

        Assert.Null(_stack.Connect(_now, Flow4.Remote, 80));
        _stack.Listen(80);
        Assert.Equal(PacketOutcome.Refused, _stack.Receive(_now, Syn(1)));
    }

    [Fact]
    public void Ports_and_numbers_of_connections_to_one_place_differ()
    {
        var first = _stack.Connect(_now, Flow4.Remote, 80)!;
        var second = _stack.Connect(_now, Flow4.Remote, 80)!;
        Assert.NotEqual(first.Flow.LocalPort, second.Flow.LocalPort);
        Assert.NotEqual(first.Sender.Sequence, second.Sender.Sequence);
    }

    [Fact]
    public void Initial_number_of_the_same_flow_grows_by_one_every_4_microseconds()
    {
        var secret = new FlowSecret(new byte[32]);
        var first = secret.Initial(_now, Flow4).Sequence;
        Assert.Equal(250_000u, secret.Initial(_now + TimeSpan.FromSeconds(1), Flow4).Sequence - first);
    }

    private static FlowKey Flow(string local, string remote) =>
        new(IpAddress.From(IPAddress.Parse(local)), IpAddress.From(IPAddress.Parse(remote)), 80, 40_000);

    private static byte[] Syn(int i) =>
        new PlainSegment(Flow4 with { RemotePort = (ushort)(1000 + i) }, 1, 0, (byte)TcpFlags.Syn, 9000, [], []).ToBytes();

    private uint Establish(int i)
    {
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var answer));
        var ack = new PlainSegment(
            Flow4 with { RemotePort = (ushort)(1000 + i) }, 2, answer.Sequence + 1, (byte)TcpFlags.Ack, 9000, [], []).ToBytes();
        _stack.Receive(_now, ack);
        _stack.Drain(_now);
        return answer.Sequence + 1;
    }

    private IcmpError NextError()
    {
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.True(_reader.TryReadIcmp(_buffer.AsSpan(0, length), out var message));
        Assert.True(message.TryGetError(out var error));
        return error;
    }
}
