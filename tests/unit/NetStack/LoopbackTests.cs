using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>RFC 1122 §3.2.1.3: what we send to an address of ours comes to us, and does not leave.</summary>
public sealed class LoopbackTests
{
    private static readonly IpAddress Other = Of("10.0.0.9");

    private readonly byte[] _buffer = new byte[1420];
    private IpStack _stack = Stack(new TcpOptions());
    private TimeSpan _now = TimeSpan.FromHours(1);

    public static TheoryData<string> Ours => ["10.0.0.1", "10.0.0.2", "fd00::1"];

    public static TheoryData<CongestionControl, bool> Controls => new(
        from control in Enum.GetValues<CongestionControl>() from paced in new[] { false, true } select (control, paced));

    [Theory]
    [MemberData(nameof(Ours))]
    public void Connection_to_ourselves_is_established_and_nothing_leaves(string address)
    {
        var (client, server) = Connect(Of(address));
        Assert.Equal((TcpState.Established, TcpState.Established), (client.State, server.State));
        Assert.Equal((Of(address), client.Flow.Reversed), (client.Flow.Local, server.Flow));
    }

    [Theory]
    [MemberData(nameof(Ours))]
    public void Connection_to_ourselves_is_refused_where_nobody_listens(string address)
    {
        var client = _stack.Connect(_now, Of(address), 80)!;
        Drain();
        Assert.Equal(TcpEnd.Refused, client.End);
        Assert.Equal(0, _stack.ConnectionCount);
    }

    [Theory]
    [MemberData(nameof(Controls))]
    public void Ten_megabytes_cross_in_segments_of_the_mtu_and_none_is_lost(CongestionControl control, bool paced)
    {
        const long Bytes = 10_000_000;
        _stack = Stack(new TcpOptions { CongestionControl = control, Pacing = paced });
        var (client, server) = Connect(Of("10.0.0.1"));
        var sent = _stack.Statistics.PacketsSent;
        var transfer = new Transfer(client, server, Bytes);
        RunUntil(transfer, () => transfer.IsDone);
        Assert.Equal(0, _stack.GetStatistics().Retransmissions);
        Assert.Equal(1420 - 20 - 32, client.Sender.SegmentSize);
        Assert.InRange(_stack.Statistics.PacketsSent - sent, Bytes / client.Sender.SegmentSize, 2 * Bytes / client.Sender.SegmentSize);
    }

    [Fact]
    public void Both_ends_may_close_and_are_forgotten()
    {
        var (client, server) = Connect(Of("fd00::1"));
        client.CloseOutput();
        Drain();
        Assert.Equal(TcpState.CloseWait, server.State);
        server.CloseOutput();
        Drain();
        Assert.Equal((TcpState.TimeWait, TcpEnd.Graceful), (client.State, server.End));
        _now += TcpSettings.TimeWait;
        _stack.OnTimeout(_now);
        Drain();
        Assert.Equal((0, TimeSpan.MaxValue), (_stack.ConnectionCount, _stack.NextTimeout));
    }

    [Fact]
    public void However_much_there_is_to_say_others_have_their_turn()
    {
        var (client, server) = Connect(Of("10.0.0.1"));
        var transfer = new Transfer(client, server, 100_000_000);
        transfer.Pump(_now);
        _stack.Connect(_now, Other, 80);
        var before = _stack.Statistics.PacketsSent;
        Assert.True(_stack.TryTransmit(_now, _buffer, out _), "the SYN of another connection leaves at once");
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
        Assert.Equal(IpStack.LoopbackQuantum + 1, _stack.Statistics.PacketsSent - before);
    }

    [Fact]
    public void What_is_left_for_ourselves_is_due_in_the_next_moment()
    {
        var (client, server) = Connect(Of("10.0.0.1"));
        var transfer = new Transfer(client, server, 100_000);
        transfer.Pump(_now);
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
        Assert.False(client.Sender.Buffer.Length == 0 && server.Receiver.Buffer.Readable == 100_000, "there is more");
        Assert.InRange(_stack.NextTimeout, _now + TimeSpan.FromTicks(1), _now + TimeSpan.FromTicks(1));
        RunUntil(transfer, () => transfer.IsDone);
        Assert.True(_stack.NextTimeout > _now + TimeSpan.FromTicks(1), "nothing is due when nothing is left");
    }

    [Fact]
    public void Segments_to_ourselves_allocate_nothing()
    {
        var (client, server) = Connect(Of("10.0.0.1"));
        Exchange(1000);
        var sent = _stack.Statistics.PacketsSent;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(_stack.Statistics.PacketsSent - sent >= 10_000);

        void Exchange(int times)
        {
            for (var i = 0; i < times; i++)
            {
                client.Sender.Buffer.Reserve(1000);
                client.Sender.Buffer.Commit(1000);
                client.Flush();
                Drain();
                server.Consume(_now, server.Receiver.Buffer.End, wantsMore: false);
                _now += TimeSpan.FromMilliseconds(1);
                _stack.OnTimeout(_now);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(UdpSocket.MaxPayload)]
    public void Datagrams_to_ourselves_arrive_and_are_answered(int length)
    {
        var queue = _stack.Udp.Listen(53)!;
        var client = _stack.ConnectUdp(Of("10.0.0.2"), 53)!;
        var payload = new byte[length];
        new Random(length).NextBytes(payload);
        _stack.Udp.Send(client, payload);
        Drain();
        Assert.True(queue.TryAccept(out var server));
        Assert.Equal(client.Flow.Reversed, server.Flow);
        Assert.Equal(payload, server.Peek().ToArray());
        _stack.Udp.Send(server, payload);
        Drain();
        Assert.Equal(payload, client.Peek().ToArray());
    }

    [Fact]
    public void Datagram_to_a_port_of_ours_that_is_closed_is_refused()
    {
        var client = _stack.ConnectUdp(Of("fd00::1"), 53)!;
        _stack.Udp.Send(client, [1]);
        Drain();
        Assert.Equal(TcpEnd.Refused, client.Error);
    }

    [Fact]
    public void A_thousand_datagrams_to_ourselves_arrive_in_order()
    {
        var queue = _stack.Udp.Listen(53)!;
        var client = _stack.ConnectUdp(Of("10.0.0.1"), 53)!;
        for (var i = 0; i < 1000; i++)
        {
            _stack.Udp.Send(client, BitConverter.GetBytes(i));
        }

        Drain();
        Assert.True(queue.TryAccept(out var server));
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal(i, BitConverter.ToInt32(server.Peek().Span));
            server.Remove();
        }
    }

    [Fact]
    public void Packets_from_outside_do_not_pass_for_ours()
    {
        var (client, server) = Connect(Of("10.0.0.1"));
        _stack.Udp.Listen(53);
        var next = client.Receiver.Sequence.Wrap(client.Receiver.Next);
        var data = new PlainSegment(client.Flow, next, client.Sender.Sequence.Wrap(client.Sender.Next), 0x10, 9, [], [1, 2]).ToBytes();
        var syn = new PlainSegment(server.Flow with { RemotePort = 5 }, 1, 0, 2, 9, [], []).ToBytes();
        var length = UdpWriter.Write(_buffer, (client.Flow with { LocalPort = 53 }).Reversed, [1]);
        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, data));
        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, syn));
        Assert.Equal(PacketOutcome.ForbiddenSource, _stack.Receive(_now, _buffer.AsSpan(0, length)));
        Assert.Equal(0, client.Receiver.Buffer.Readable);
    }

    [Fact]
    public void No_connection_has_itself_as_its_peer()
    {
        for (var i = 0; i < 65_536; i++)
        {
            var connection = _stack.Connect(_now, Of("10.0.0.1"), 5000)!;
            Assert.NotEqual(5000, connection.Flow.LocalPort);
            connection.Abort();
            Drain();
        }
    }

    [Fact]
    public void No_flow_has_itself_as_its_peer()
    {
        for (var i = 0; i < 65_536; i++)
        {
            var flow = _stack.ConnectUdp(Of("10.0.0.1"), 5000)!;
            Assert.NotEqual(5000, flow.Flow.LocalPort);
            _stack.Udp.Close(flow);
        }
    }

    [Fact]
    public void The_mtu_of_a_path_to_others_does_not_count_for_ourselves()
    {
        var path = new NetworkPath { Mtu = 1200 };
        _stack.PathOf = _ => path;
        Assert.Equal(1420 - 20 - 32, Connect(Of("10.0.0.1")).Client.Sender.SegmentSize);
    }

    [Fact]
    public async Task Sockets_of_one_driver_talk_to_each_other_while_others_are_served()
    {
        const int Bytes = 10_000_000;
        var hosts = new VirtualHosts();
        await using var listener = hosts.Client.ListenTcp(80);
        var accept = listener.AcceptAsync().AsTask();
        var client = await hosts.Until(hosts.Client.ConnectTcpAsync(new IPEndPoint(hosts.Client.Address, 80)));
        var server = (await hosts.Until(accept))!;
        var data = new byte[Bytes];
        new Random(1).NextBytes(data);
        var write = WriteAsync();
        var read = new MemoryStream(Bytes);
        var copy = server.AsStream().CopyToAsync(read);
        await hosts.Until(hosts.Client.PingAsync(hosts.Server.Address, TimeSpan.FromSeconds(1)));
        await hosts.Until(Task.WhenAll(write, copy));
        Assert.True(data.AsSpan().SequenceEqual(read.ToArray()));
        Assert.Equal(2, hosts.Carried.Count); // The echo request, and its reply

        async Task WriteAsync()
        {
            await client.Output.WriteAsync(data);
            await client.CloseWriteAsync();
        }
    }

    private static IpAddress Of(string address) => IpAddress.From(IPAddress.Parse(address));

    private static IpStack Stack(TcpOptions tcp) => new(new IpStackOptions
    {
        Addresses = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::1")],
        Secret = new byte[32],
        Tcp = tcp,
    });

    private (TcpConnection Client, TcpConnection Server) Connect(IpAddress address)
    {
        var queue = _stack.Listen(80)!;
        var client = _stack.Connect(_now, address, 80)!;
        Drain();
        Assert.True(queue.TryAccept(out var server));
        return (client, server);
    }

    /// <summary>Lets all that is to be done now be done, none of which leaves.</summary>
    private void Drain()
    {
        for (var drains = 0; drains == 0 || _stack.NextTimeout <= _now + TimeSpan.FromTicks(1); drains++)
        {
            Assert.True(drains < 1000, "it stops talking to itself");
            if (_stack.NextTimeout <= _now + TimeSpan.FromTicks(1))
            {
                _now = _stack.NextTimeout > _now ? _stack.NextTimeout : _now;
                _stack.OnTimeout(_now);
            }

            Assert.False(_stack.TryTransmit(_now, _buffer, out _), "nothing leaves");
            while (_stack.TryTakeEvents(out _, out _))
            {
            }
        }
    }

    private void RunUntil(Transfer transfer, Func<bool> done)
    {
        var end = _now + TimeSpan.FromMinutes(1);
        while (!done())
        {
            Assert.True(_now < end, $"{transfer.Received} bytes in a minute");
            transfer.Pump(_now);
            Drain();
            transfer.Pump(_now);
            Drain();
            if (!done() && _stack.NextTimeout > _now)
            {
                _now = _stack.NextTimeout;
                _stack.OnTimeout(_now);
            }
        }
    }
}
