using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>ICMP errors about segments of ours: RFC 9293 §3.9.2.2, RFC 5927.</summary>
public sealed class IcmpOnConnectionTests
{
    private static readonly IpAddress Own = IpAddress.From(IPAddress.Parse("10.0.0.1"));
    private static readonly IpAddress Peer = IpAddress.From(IPAddress.Parse("10.0.0.9"));

    private readonly IpStack _stack = new(new IpStackOptions { Addresses = [Own.ToIPAddress()], Secret = new byte[32] });
    private readonly byte[] _buffer = new byte[2048];
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Theory]
    [InlineData(3, 0, TcpEnd.NetworkUnreachable)]
    [InlineData(3, 1, TcpEnd.HostUnreachable)]
    [InlineData(3, 2, TcpEnd.Refused)]
    [InlineData(3, 3, TcpEnd.Refused)]
    [InlineData(3, 13, TcpEnd.HostUnreachable)]
    [InlineData(11, 0, TcpEnd.HostUnreachable)]
    internal void Error_about_the_syn_ends_the_attempt(byte type, byte code, TcpEnd end)
    {
        (var connection, var syn) = Connect();
        Assert.Equal(PacketOutcome.IcmpError, _stack.Receive(_now, Error(connection, type, code, syn)));
        Drain();
        Assert.Equal(end, connection.End);
        Assert.Equal(0, _stack.ConnectionCount);
    }

    [Theory]
    [InlineData(3, 0)]
    [InlineData(3, 1)]
    [InlineData(3, 3)]
    public void Error_about_an_established_connection_does_not_end_it(byte type, byte code)
    {
        var connection = Established();
        var data = Write(connection);
        _stack.Receive(_now, Error(connection, type, code, data));
        Drain();
        Assert.Equal(TcpState.Established, connection.State);
    }

    [Fact]
    public void Error_about_an_established_connection_is_the_reason_if_it_times_out()
    {
        var connection = Established();
        var data = Write(connection);
        _stack.Receive(_now, Error(connection, 3, 1, data));
        while (connection.State != TcpState.Closed)
        {
            _now = _stack.NextTimeout;
            _stack.OnTimeout(_now);
            Drain();
        }

        Assert.Equal(TcpEnd.HostUnreachable, connection.End);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    [InlineData(100_000)]
    public void Error_that_quotes_a_sequence_number_not_in_flight_is_ignored(int offset)
    {
        (var connection, var syn) = Connect();
        byte[] quoted = [.. syn];
        var sequence = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(quoted.AsSpan(24));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(quoted.AsSpan(24), sequence + (uint)offset);
        Assert.Equal(PacketOutcome.IcmpIgnored, _stack.Receive(_now, Error(connection, 3, 1, quoted)));
        Assert.Equal(TcpState.SynSent, connection.State);
    }

    // RFC 5927 §4.1: SEQ < SND.NXT
    [Theory]
    [InlineData("write 500\n> PSH+ACK 1..501 ack 1", 501)]
    [InlineData("", 1)]
    public void Error_about_what_was_never_sent_is_ignored(string before, int number) => TcpScript.Accepted().Run($"""
        0.2   {(before.Length == 0 ? "quiet" : before)}
              icmp 3 1 0 {number}
              abort
              > RST+ACK {(before.Length == 0 ? 1 : 501)} ack 1
              ended Aborted
        """);

    [Fact]
    public void Error_about_a_flow_we_do_not_have_is_ignored()
    {
        (var connection, var syn) = Connect();
        syn[21] ^= 1;
        Assert.Equal(PacketOutcome.IcmpIgnored, _stack.Receive(_now, Error(connection, 3, 1, syn)));
        Assert.Equal(TcpState.SynSent, connection.State);
    }

    [Fact]
    public void Error_of_a_router_on_the_way_counts_as_well()
    {
        (var connection, var syn) = Connect();
        var router = connection.Flow with { Remote = IpAddress.From(IPAddress.Parse("192.0.2.1")) };
        _stack.Receive(_now, IcmpPackets.Message(router, 3, 1, 0, syn));
        Drain();
        Assert.Equal(TcpEnd.HostUnreachable, connection.End);
    }

    private static byte[] Error(TcpConnection connection, byte type, byte code, byte[] quoted) =>
        IcmpPackets.Message(connection.Flow, type, code, 0, quoted.AsSpan(0, Math.Min(quoted.Length, 28)));

    private (TcpConnection Connection, byte[] Syn) Connect()
    {
        var connection = _stack.Connect(_now, Peer, 80)!;
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        return (connection, _buffer[..length]);
    }

    private TcpConnection Established()
    {
        (var connection, var syn) = Connect();
        Assert.Equal(ReadResult.Ok, SegmentReader.TryRead(syn, out var segment));
        var answer = new PlainSegment(connection.Flow, 1000, segment.End, (byte)(TcpFlags.Syn | TcpFlags.Ack), 9000, [], []);
        _now += TimeSpan.FromMilliseconds(10);
        _stack.Receive(_now, answer.ToBytes());
        Drain();
        Assert.Equal(TcpState.Established, connection.State);
        return connection;
    }

    private byte[] Write(TcpConnection connection)
    {
        connection.Sender.Buffer.Reserve(100);
        connection.Sender.Buffer.Commit(100);
        connection.Flush();
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        return _buffer[..length];
    }

    private void Drain()
    {
        while (_stack.TryTransmit(_now, _buffer, out _))
        {
        }
    }
}
