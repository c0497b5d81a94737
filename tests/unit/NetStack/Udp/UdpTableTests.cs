using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Datagrams and errors find their flow: RFC 1122 §4.1, RFC 8085 §5.2.</summary>
public sealed class UdpTableTests
{
    private static readonly FlowKey Flow4 = Flow("10.0.0.1", "10.0.0.9");
    private static readonly FlowKey Flow6 = Flow("fd00::1", "fd00::9");

    private readonly byte[] _buffer = new byte[2048];
    private readonly TimeSpan _now = TimeSpan.FromHours(1);
    private readonly IpStack _stack = new(new IpStackOptions
    {
        Addresses = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.1.1"), IPAddress.Parse("fd00::1")],
        Secret = new byte[32],
    });

    [Fact]
    public void Listener_takes_datagrams_to_each_of_our_addresses()
    {
        var queue = _stack.Udp.Listen(80)!;
        foreach (var flow in new[] { Flow4, Flow("10.0.1.1", "10.0.0.9"), Flow6 })
        {
            Assert.Equal(PacketOutcome.Datagram, Receive(flow, [1, 2, 3]));
            Assert.True(queue.TryAccept(out var accepted));
            Assert.Equal(flow, accepted.Flow);
            Assert.Equal([1, 2, 3], accepted.Peek().ToArray());
        }
    }

    [Fact]
    public void Datagrams_that_nobody_reads_are_bounded_over_all_flows()
    {
        var stack = new IpStack(new IpStackOptions { Addresses = [IPAddress.Parse("10.0.0.1")], Secret = new byte[32], Udp = new UdpOptions { ReceiveMemory = 3000 } });
        var queue = stack.Udp.Listen(80)!;
        UdpDatagram From(string sender) => new() { Flow = Flow("10.0.0.1", sender), Payload = new byte[1000] };
        Assert.Equal(PacketOutcome.Datagram, stack.Udp.Receive(From("10.0.0.2")));
        Assert.Equal(PacketOutcome.Datagram, stack.Udp.Receive(From("10.0.0.3")));
        Assert.Equal(PacketOutcome.Datagram, stack.Udp.Receive(From("10.0.0.4")));
        Assert.Equal(PacketOutcome.BufferFull, stack.Udp.Receive(From("10.0.0.4")));
        Assert.True(queue.TryAccept(out var first));
        Assert.True(queue.TryAccept(out var second));
        first.Remove();
        Assert.Equal(PacketOutcome.Datagram, stack.Udp.Receive(From("10.0.0.4")));
        Assert.Equal(PacketOutcome.BufferFull, stack.Udp.Receive(From("10.0.0.4")));
        stack.Udp.Close(second);
        Assert.Equal(PacketOutcome.Datagram, stack.Udp.Receive(From("10.0.0.4")));
    }

    [Theory]
    [InlineData("224.0.0.5")]
    [InlineData("255.255.255.255")]
    [InlineData("ff02::5")]
    public void Datagram_from_a_group_is_dropped(string group)
    {
        _stack.Udp.Listen(80);
        var flow = Flow(group.Contains(':') ? "fd00::1" : "10.0.0.1", group);
        Assert.Equal(PacketOutcome.ForbiddenSource, Receive(flow, [1]));
        Assert.False(_stack.TryTransmit(_now, _buffer, out _));
    }

    [Theory]
    [InlineData(false, 3, 4, 1000, 1000)]
    [InlineData(false, 3, 4, 0, 552)]
    [InlineData(true, 2, 0, 1300, 1300)]
    [InlineData(true, 2, 0, 600, 1280)]
    public void Datagrams_are_cut_to_what_a_router_says(bool ipv6, byte type, byte code, uint mtu, int longest)
    {
        var flow = Send(ipv6, out var sent);
        Assert.Equal(PacketOutcome.IcmpError, _stack.Receive(_now, IcmpPackets.Message(flow.Flow, type, code, mtu, sent)));
        _stack.Udp.Send(flow, new byte[1350]);
        List<int> lengths = [];
        while (_stack.TryTransmit(_now, _buffer, out var length))
        {
            lengths.Add(length);
        }

        Assert.InRange(lengths.Max(), longest - 7, longest);
        Assert.Equal(1350 + 8, lengths.Sum() - lengths.Count * (ipv6 ? 48 : 20));
    }

    [Theory]
    [InlineData(false, 3, 0, TcpEnd.NetworkUnreachable)]
    [InlineData(false, 3, 1, TcpEnd.HostUnreachable)]
    [InlineData(false, 3, 3, TcpEnd.Refused)]
    [InlineData(false, 11, 0, TcpEnd.HostUnreachable)]
    [InlineData(true, 1, 0, TcpEnd.NetworkUnreachable)]
    [InlineData(true, 1, 4, TcpEnd.Refused)]
    [InlineData(true, 3, 0, TcpEnd.HostUnreachable)]
    internal void Error_about_a_datagram_reaches_its_flow(bool ipv6, byte type, byte code, TcpEnd error)
    {
        var flow = Send(ipv6, out var sent);
        Assert.Equal(PacketOutcome.IcmpError, _stack.Receive(_now, IcmpPackets.Message(flow.Flow, type, code, 0, sent)));
        Assert.Equal(error, flow.Error);
        Assert.True(_stack.Udp.TryTakeEvent(out var told));
        Assert.Same(flow, told);
    }

    [Fact]
    public void Error_about_another_flow_reaches_nobody()
    {
        var flow = Send(ipv6: false, out var sent);
        sent[21] ^= 1;
        Assert.Equal(PacketOutcome.IcmpIgnored, _stack.Receive(_now, IcmpPackets.Message(flow.Flow, 3, 3, 0, sent)));
        Assert.Equal(TcpEnd.None, flow.Error);
    }

    private static FlowKey Flow(string local, string remote) =>
        new(IpAddress.From(IPAddress.Parse(local)), IpAddress.From(IPAddress.Parse(remote)), 80, 40_000);

    private PacketOutcome Receive(FlowKey flow, byte[] payload)
    {
        var length = UdpWriter.Write(_buffer, flow.Reversed, payload);
        return _stack.Receive(_now, _buffer.AsSpan(0, length));
    }

    private UdpFlow Send(bool ipv6, out byte[] sent)
    {
        var flow = _stack.ConnectUdp((ipv6 ? Flow6 : Flow4).Remote, 53)!;
        _stack.Udp.Send(flow, [1, 2, 3]);
        Assert.True(_stack.TryTransmit(_now, _buffer, out var length));
        sent = _buffer[..length];
        return flow;
    }
}
