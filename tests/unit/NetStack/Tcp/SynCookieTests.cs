using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>A listener whose half-open connections fill the backlog: RFC 4987 §3.6.</summary>
public sealed class SynCookieTests
{
    private const int Backlog = 2;

    private static readonly byte[] Options = [2, 4, 5, 0x78, 1, 1, 4, 2, 1, 3, 3, 7, 1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0]; // MSS 1400

    private readonly byte[] _buffer = new byte[2048];
    private readonly ListenQueue _queue;
    private readonly IpStack _stack = new(new IpStackOptions
    {
        Addresses = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("fd00::1")],
        Secret = new byte[32],
        Mtu = 1500,
        Tcp = new TcpOptions { Backlog = Backlog, ExplicitCongestionNotification = true },
    });

    private TimeSpan _now = TimeSpan.FromHours(1);

    public SynCookieTests()
    {
        _queue = _stack.Listen(80)!;
        for (ushort port = 1; port <= Backlog; port++)
        {
            _stack.Receive(_now, Segment(Flow(port), 0, 0, TcpFlags.Syn, Options));
        }

        _stack.Drain(_now);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Handshake_beyond_the_backlog_is_remembered_by_its_peer(bool ipv6)
    {
        var flow = Flow(99, ipv6);
        var synAck = Open(flow, Options);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, synAck.Flags);
        Assert.Equal(1001u, synAck.Acknowledgment);
        Assert.Equal(65535, synAck.Window);
        Assert.Equal((ipv6 ? 1440 : 1460, 8, true, false), Said(synAck));
        Assert.Equal(Backlog, _stack.ConnectionCount);

        Assert.Equal(PacketOutcome.ControlSegment, Answer(flow, synAck.Sequence + 1, window: 100));
        var connection = Accepted();
        Assert.Equal(flow, connection.Flow);
        Assert.Equal(TcpState.Established, connection.State);
        Assert.Equal((1400, true, 100L << 7), (connection.Sender.SegmentSize, connection.Sender.SackPermitted, connection.Sender.Window));
        Assert.False(connection.Sender.Rtt.HasSample);
    }

    [Fact]
    public void Peer_without_options_is_remembered_as_such()
    {
        var synAck = Open(Flow(99), []);
        Assert.Equal((1460, -1, false, false), Said(synAck));
        Answer(Flow(99), synAck.Sequence + 1, window: 100);
        var connection = Accepted();
        Assert.Equal((536, false, 100L), (connection.Sender.SegmentSize, connection.Sender.SackPermitted, connection.Sender.Window));
    }

    [Fact]
    public void Offer_of_ecn_is_declined_for_it_could_not_be_remembered()
    {
        var synAck = Open(Flow(99), Options, TcpFlags.Ece | TcpFlags.Cwr);
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, synAck.Flags);
        Answer(Flow(99), synAck.Sequence + 1, window: 100);
        var connection = Accepted();
        connection.Sender.Buffer.Reserve(100);
        connection.Sender.Buffer.Commit(100);
        connection.Flush();
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var data));
        Assert.Equal((100, EcnField.NotEct), (data.Payload.Length, data.Ecn));
    }

    [Fact]
    public void Data_with_the_last_segment_is_delivered_and_acknowledged()
    {
        var synAck = Open(Flow(99), Options);
        _stack.Receive(_now, Segment(Flow(99), 1, synAck.Sequence + 1, TcpFlags.Ack, [], new byte[1400]));
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var ack));
        Assert.Equal((1001u + 1400, synAck.Sequence + 1), (ack.Acknowledgment, ack.Sequence));
        _stack.Drain(_now);
        Assert.Equal(1400, Accepted().Receiver.Buffer.Readable);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0x100)]
    [InlineData(-1)]
    public void Other_number_than_the_cookie_draws_a_reset(int distance)
    {
        var synAck = Open(Flow(99), Options);
        AssertRefused(Flow(99), synAck.Sequence + 1 + (uint)distance);
    }

    [Fact]
    public void Cookie_of_another_flow_draws_a_reset()
    {
        var synAck = Open(Flow(99), Options);
        AssertRefused(Flow(98), synAck.Sequence + 1);
    }

    [Fact]
    public void Cookie_is_good_for_a_minute_and_not_for_more_than_two()
    {
        var cookie = Open(Flow(99), Options).Sequence;
        _now += TimeSpan.FromSeconds(64);
        var later = Open(Flow(97), Options).Sequence; // So that cookies stay in use
        Assert.Equal(PacketOutcome.ControlSegment, Answer(Flow(99), cookie + 1, window: 100));
        _now += TimeSpan.FromSeconds(127);
        Open(Flow(96), Options);
        AssertRefused(Flow(97), later + 1);
    }

    [Fact]
    public void Cookie_finds_no_room_while_nobody_accepts_and_finds_it_later()
    {
        var cookies = new uint[Backlog + 1];
        for (ushort i = 0; i < cookies.Length; i++)
        {
            cookies[i] = Open(Flow((ushort)(90 + i)), Options).Sequence;
        }

        for (ushort i = 0; i < Backlog; i++)
        {
            Answer(Flow((ushort)(90 + i)), cookies[i] + 1, window: 100);
        }

        Assert.Equal(PacketOutcome.Refused, Answer(Flow(90 + Backlog), cookies[Backlog] + 1, window: 100));
        Assert.Equal(PacketOutcome.Refused, _stack.Receive(_now, Segment(Flow(80), 0, 0, TcpFlags.Syn, Options)));
        Assert.Equal(0, _stack.Drain(_now));
        Accepted();
        Assert.Equal(PacketOutcome.ControlSegment, Answer(Flow(90 + Backlog), cookies[Backlog] + 1, window: 100));
    }

    private static FlowKey Flow(ushort port, bool ipv6 = false) => new(
        IpAddress.From(IPAddress.Parse(ipv6 ? "fd00::1" : "10.0.0.1")),
        IpAddress.From(IPAddress.Parse(ipv6 ? "fd00::9" : "10.0.0.9")),
        80,
        port);

    // The peer's numbers begin at 1000
    private static byte[] Segment(
        FlowKey flow, uint start, uint acknowledgment, TcpFlags flags, byte[] options, byte[]? payload = null, ushort window = 9000) =>
        new PlainSegment(flow, 1000 + start, acknowledgment, (byte)flags, window, options, payload ?? []).ToBytes();

    private static (int Mss, int Scale, bool Sack, bool Stamps) Said(in TcpSegment segment) =>
        (segment.Options.Mss, segment.Options.WindowScale, segment.Options.SackPermitted, segment.Options.HasTimestamp);

    private TcpSegment Open(FlowKey flow, byte[] options, TcpFlags ecn = TcpFlags.None)
    {
        Assert.Equal(PacketOutcome.ControlSegment, _stack.Receive(_now, Segment(flow, 0, 0, TcpFlags.Syn | ecn, options)));
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length).ToArray(), out var synAck));
        return synAck;
    }

    private PacketOutcome Answer(FlowKey flow, uint acknowledgment, ushort window)
    {
        var outcome = _stack.Receive(_now, Segment(flow, 1, acknowledgment, TcpFlags.Ack, [], window: window));
        _stack.Drain(_now);
        return outcome;
    }

    private void AssertRefused(FlowKey flow, uint acknowledgment)
    {
        Assert.Equal(PacketOutcome.NoConnection, _stack.Receive(_now, Segment(flow, 1, acknowledgment, TcpFlags.Ack, [])));
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(_buffer.AsSpan(0, length), out var reset));
        Assert.Equal((TcpFlags.Rst, acknowledgment), (reset.Flags, reset.Sequence));
    }

    private TcpConnection Accepted()
    {
        Assert.True(_queue.TryAccept(out var connection));
        return connection;
    }
}
