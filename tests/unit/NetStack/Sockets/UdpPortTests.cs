using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack.Tests;

/// <summary>A port that anybody may send to, and that sends to anybody.</summary>
public sealed class UdpPortTests
{
    private readonly VirtualHosts _hosts = new(new UdpOptions { ReceiveBuffer = 100_000, ReceiveMemory = 150_000 });
    private readonly byte[] _buffer = new byte[65_536];

    private static IPEndPoint Any => new(IPAddress.IPv6Any, 0);

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("fd00::1")]
    public async Task Each_sender_is_told_and_can_be_answered(string address)
    {
        await using var port = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var one = _hosts.Client.BindUdp(Any);
        await using var other = _hosts.Client.BindUdp(Any);
        await using var flow = _hosts.Client.ConnectUdp(new IPEndPoint(IPAddress.Parse(address), 53));
        Assert.Equal(53, port.LocalEndPoint.Port);
        one.SendTo([1], new IPEndPoint(IPAddress.Parse(address), 53));
        other.SendTo([2, 2], new IPEndPoint(IPAddress.Parse(address), 53));
        flow.Send([3, 3, 3]);
        int[] ports = [one.LocalEndPoint.Port, other.LocalEndPoint.Port, flow.LocalEndPoint.Port];
        for (var i = 0; i < 3; i++)
        {
            var received = await ReceiveAsync(port);
            Assert.Equal(Enumerable.Repeat((byte)(i + 1), i + 1), _buffer[..received.Length]);
            Assert.Equal(new IPEndPoint(flow.LocalEndPoint.Address, ports[i]), received.RemoteEndPoint);
            port.SendTo(_buffer.AsSpan(0, received.Length), received.RemoteEndPoint);
        }

        Assert.Equal((1, new IPEndPoint(IPAddress.Parse(address), 53)), Told(await ReceiveAsync(one)));
        Assert.Equal((2, new IPEndPoint(IPAddress.Parse(address), 53)), Told(await ReceiveAsync(other)));
        Assert.Equal(3, (await _hosts.Until(flow.Input.ReadAsync().AsTask())).Buffer.Length);
    }

    [Fact]
    public async Task A_port_of_one_address_takes_what_comes_there_and_sends_from_there()
    {
        await using var port = _hosts.Server.BindUdp(IPEndPoint.Parse("10.0.0.1:53"));
        await using var client = _hosts.Client.BindUdp(Any);
        client.SendTo([6], IPEndPoint.Parse("[fd00::1]:53"));
        client.SendTo([4], IPEndPoint.Parse("10.0.0.1:53"));
        Assert.Equal(1, (await ReceiveAsync(port)).Length);
        Assert.Equal(4, _buffer[0]);
        Assert.Equal(IPEndPoint.Parse("10.0.0.1:53"), port.LocalEndPoint);
        Fails(SocketError.AddressFamilyNotSupported, () => port.SendTo([1], IPEndPoint.Parse("[fd00::2]:53")));
    }

    [Theory]
    [InlineData("10.0.0.2")]
    [InlineData("fd00::2")]
    public async Task Two_ports_of_one_stack_talk_without_the_wire(string address)
    {
        await using var one = _hosts.Client.BindUdp(new IPEndPoint(IPAddress.Parse(address), 0));
        await using var other = _hosts.Client.BindUdp(new IPEndPoint(IPAddress.Parse(address), 0));
        one.SendTo(new byte[UdpSocket.MaxPayload], other.LocalEndPoint);
        Assert.Equal((UdpSocket.MaxPayload, one.LocalEndPoint), Told(await ReceiveAsync(other)));
        Assert.Empty(_hosts.Carried);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9000)]
    [InlineData(UdpSocket.MaxPayload)]
    public async Task A_datagram_arrives_whole_whatever_its_size(int size)
    {
        await using var port = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var client = _hosts.Client.BindUdp(Any);
        var payload = new byte[size];
        new Random(size).NextBytes(payload);
        client.SendTo(payload, IPEndPoint.Parse("10.0.0.1:53"));
        Assert.Equal(size, (await ReceiveAsync(port)).Length);
        Assert.Equal(payload, _buffer[..size]);
        Assert.Throws<ArgumentOutOfRangeException>(() => client.SendTo(new byte[UdpSocket.MaxPayload + 1], port.LocalEndPoint));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_datagram_longer_than_the_buffer_is_an_error_and_the_next_is_whole(bool waits)
    {
        await using var port = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var client = _hosts.Client.BindUdp(Any);
        var buffer = new byte[2];
        var receive = waits ? port.ReceiveFromAsync(buffer).AsTask() : null;
        client.SendTo([1, 2, 3], IPEndPoint.Parse("10.0.0.1:53"));
        client.SendTo([4, 5], IPEndPoint.Parse("10.0.0.1:53"));
        _hosts.Exchange();
        receive ??= port.ReceiveFromAsync(buffer).AsTask();
        var error = await Assert.ThrowsAsync<SocketException>(() => _hosts.Until(receive));
        Assert.Equal(SocketError.MessageSize, error.SocketErrorCode);
        Assert.Equal([1, 2], buffer);
        Assert.Equal(2, (await _hosts.Until(port.ReceiveFromAsync(buffer).AsTask())).Length);
        Assert.Equal([4, 5], buffer);
    }

    [Fact]
    public async Task A_port_is_either_bound_or_listened_on()
    {
        var all = new IPEndPoint(IPAddress.Any, 53);
        var one = IPEndPoint.Parse("10.0.0.1:53");
        await using (_hosts.Server.BindUdp(all))
        {
            Fails(SocketError.AddressAlreadyInUse, () => _hosts.Server.ListenUdp(53));
            Fails(SocketError.AddressAlreadyInUse, () => _hosts.Server.ListenUdp(one));
            Fails(SocketError.AddressAlreadyInUse, () => _hosts.Server.BindUdp(one));
        }

        await using (_hosts.Server.ListenUdp(one))
        {
            Fails(SocketError.AddressAlreadyInUse, () => _hosts.Server.BindUdp(all));
            Fails(SocketError.AddressAlreadyInUse, () => _hosts.Server.BindUdp(one));
            await using var other = _hosts.Server.BindUdp(IPEndPoint.Parse("[fd00::1]:53"));
        }

        Fails(SocketError.AddressNotAvailable, () => _hosts.Server.BindUdp(IPEndPoint.Parse("10.0.0.9:53")));
        await using var first = _hosts.Server.BindUdp(Any);
        await using var second = _hosts.Server.BindUdp(Any);
        Assert.NotEqual(first.LocalEndPoint.Port, second.LocalEndPoint.Port);
    }

    [Fact]
    public async Task Datagrams_beyond_the_buffer_are_dropped_and_counted()
    {
        await using var one = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 1));
        await using var two = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 2));
        await using var client = _hosts.Client.BindUdp(Any);
        for (var i = 0; i < 15; i++)
        {
            client.SendTo(new byte[10_000], IPEndPoint.Parse("10.0.0.1:1"));
        }

        _hosts.Exchange();
        Assert.Equal(5, BufferFull());
        for (var i = 0; i < 10; i++)
        {
            client.SendTo(new byte[10_000], IPEndPoint.Parse("10.0.0.1:2")); // Half of them exceed the memory of all
        }

        _hosts.Exchange();
        Assert.Equal(10, BufferFull());
        await ReceiveAsync(one);
        client.SendTo(new byte[10_000], IPEndPoint.Parse("10.0.0.1:2"));
        _hosts.Exchange();
        Assert.Equal(10, BufferFull());
        await one.DisposeAsync();
        for (var i = 0; i < 4; i++)
        {
            client.SendTo(new byte[10_000], IPEndPoint.Parse("10.0.0.1:2"));
        }

        _hosts.Exchange();
        Assert.Equal(10, BufferFull());

        long BufferFull() => _hosts.Server.Stack.GetStatistics().Received(PacketOutcome.BufferFull);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_ends_a_receive_that_waits(bool ofDriver)
    {
        var port = _hosts.Server.BindUdp(Any);
        var receive = port.ReceiveFromAsync(_buffer).AsTask();
        if (ofDriver)
        {
            _hosts.Server.CloseAll();
        }
        else
        {
            await port.DisposeAsync();
        }

        var error = await Assert.ThrowsAsync<SocketException>(() => _hosts.Until(receive));
        Assert.Equal(SocketError.OperationAborted, error.SocketErrorCode);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => port.ReceiveFromAsync(_buffer).AsTask());
        Assert.Throws<ObjectDisposedException>(() => port.SendTo([1], IPEndPoint.Parse("10.0.0.2:53")));
        await port.DisposeAsync();
    }

    [Fact]
    public async Task A_receive_can_be_cancelled_and_loses_nothing()
    {
        await using var port = _hosts.Server.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var client = _hosts.Client.BindUdp(Any);
        using var cancelling = new CancellationTokenSource();
        var receive = port.ReceiveFromAsync(_buffer, cancelling.Token).AsTask();
        await Assert.ThrowsAsync<InvalidOperationException>(() => port.ReceiveFromAsync(_buffer).AsTask());
        await cancelling.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _hosts.Until(receive));
        Assert.True(port.ReceiveFromAsync(_buffer, cancelling.Token).AsTask().IsCanceled);
        client.SendTo([1], IPEndPoint.Parse("10.0.0.1:53"));
        Assert.Equal(1, (await ReceiveAsync(port)).Length);
    }

    [Fact]
    public async Task One_unreachable_host_does_not_end_the_talk_with_others()
    {
        await using var port = _hosts.Client.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var other = _hosts.Server.BindUdp(Any);
        port.SendTo([1], IPEndPoint.Parse("10.0.0.1:9"));
        _hosts.Exchange();
        Assert.Equal(1, _hosts.Server.Stack.GetStatistics().Received(PacketOutcome.NoPort));
        other.SendTo([2], IPEndPoint.Parse("10.0.0.2:53"));
        Assert.Equal(1, (await ReceiveAsync(port)).Length);
    }

    [Fact]
    public async Task Datagrams_are_cut_to_what_a_router_says()
    {
        await using var port = _hosts.Client.BindUdp(new IPEndPoint(IPAddress.Any, 53));
        port.SendTo(new byte[1350], IPEndPoint.Parse("10.0.0.1:53"));
        Assert.True(_hosts.Client.Sent.TryDequeue(out var sent));
        var flow = new FlowKey(Of("10.0.0.2"), Of("10.0.0.9"), 0, 0);
        _hosts.Client.Receive(IcmpPackets.Message(flow, IcmpType.Unreachable, 4, 1000, sent));
        port.SendTo(new byte[1350], IPEndPoint.Parse("10.0.0.1:53"));
        Assert.Equal([996, 1350 + 8 - 976 + 20], _hosts.Client.Sent.Select(packet => packet.Length));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Datagrams_of_one_sender_allocate_nothing(bool waits)
    {
        await using var one = _hosts.Client.BindUdp(IPEndPoint.Parse("10.0.0.2:1"));
        await using var other = _hosts.Client.BindUdp(IPEndPoint.Parse("10.0.0.2:2"));
        var (payload, to) = (new byte[1000], other.LocalEndPoint);
        IPEndPoint? sender = null;
        Exchange(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Exchange(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Exchange(int times)
        {
            for (var i = 0; i < times; i++)
            {
                var receive = waits ? other.ReceiveFromAsync(_buffer) : default;
                one.SendTo(payload, to);
                receive = waits ? receive : other.ReceiveFromAsync(_buffer);
                var patience = new SpinWait();
                while (!receive.IsCompleted)
                {
                    Assert.True(patience.Count < 10_000_000, "in vain");
                    patience.SpinOnce(sleep1Threshold: -1);
                }

#pragma warning disable xUnit1031, VSTHRD002 // It is completed
                var received = receive.GetAwaiter().GetResult();
#pragma warning restore xUnit1031, VSTHRD002
                Assert.True(received.Length == 1000 && (sender is null || ReferenceEquals(sender, received.RemoteEndPoint)));
                sender = received.RemoteEndPoint;
            }
        }
    }

    private static IpAddress Of(string address) => IpAddress.From(IPAddress.Parse(address));

    private static (int, IPEndPoint) Told(ReceivedDatagram received) => (received.Length, received.RemoteEndPoint);

    private static void Fails(SocketError error, Action action) =>
        Assert.Equal(error, Assert.Throws<SocketException>(action).SocketErrorCode);

    private Task<ReceivedDatagram> ReceiveAsync(UdpPort port) => _hosts.Until(port.ReceiveFromAsync(_buffer).AsTask());
}
