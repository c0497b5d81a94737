using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What the original parses and never does.</summary>
public sealed class RemoteForwardTests : IAsyncLifetime
{
    private readonly List<IForward> _forwards = [];
    private TunnelPair _pair = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await TunnelPair.StartAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var forward in _forwards)
        {
            await forward.DisposeAsync();
        }

        await _pair.DisposeAsync();
    }

    [Fact]
    public async Task A_peer_reaches_a_local_server_and_keeps_half_closed_connections()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        server.Listen();
        await using var forward = new RemoteTcpForward(
            new IPEndPoint(TunnelPair.OurAddress, 8080), (IPEndPoint)server.LocalEndPoint!, TunnelPair.Local, new TcpLimits(), NullLogger.Instance);
        forward.Start(_pair.Dialer);

        await using var client = await _pair.Theirs.ConnectTcpAsync(new IPEndPoint(TunnelPair.OurAddress, 8080), Cancellation);
        await client.Output.WriteAsync("question"u8.ToArray(), Cancellation);
        await client.Output.CompleteAsync();
        using var accepted = await server.AcceptAsync(Cancellation);
        Assert.Equal("question", await ReceiveToEndAsync(accepted));
        await accepted.SendAsync("answer"u8.ToArray(), Cancellation);
        accepted.Shutdown(SocketShutdown.Send);

        using var reader = new StreamReader(client.Input.AsStream());
        Assert.Equal("answer", await reader.ReadToEndAsync(Cancellation));
        await forward.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData("TCP")]
    [InlineData("UDP")]
    public async Task One_port_of_each_of_our_addresses_is_a_forward_of_its_own(string protocol)
    {
        await using var pair = await TunnelPair.StartAsync(hasTwoAddresses: true);
        using var service = new TcpListener(IPAddress.Loopback, 0); // One that refused might have the client reset before it knows that it is connected
        service.Start();
        var there = (IPEndPoint)service.LocalEndpoint;
        foreach (var address in new[] { TunnelPair.OurAddress, TunnelPair.OurOtherAddress })
        {
            var source = new IPEndPoint(address, 8080);
            IForward forward = protocol == "TCP"
                ? new RemoteTcpForward(source, there, TunnelPair.Local, new TcpLimits(), NullLogger.Instance)
                : new RemoteUdpForward(source, there, TunnelPair.Local, new UdpLimits(), NullLogger.Instance);
            _forwards.Add(forward);
            forward.Start(pair.Dialer);
            Assert.Equal(source, forward.Source);
        }

        if (protocol == "TCP")
        {
            await using var client = await pair.Theirs.ConnectTcpAsync(new IPEndPoint(TunnelPair.OurOtherAddress, 8080), Cancellation);
        }
        else
        {
            await using var client = pair.Theirs.ConnectUdp(new IPEndPoint(TunnelPair.OurOtherAddress, 8080));
            client.Send("question"u8);
        }

        Assert.True(SpinWait.SpinUntil(() => _forwards[1].Traffic.Started + _forwards[1].Traffic.Failed == 1, TimeSpan.FromSeconds(30)));
        Assert.Equal(0, _forwards[0].Traffic.Started + _forwards[0].Traffic.Failed);
    }

    [Fact]
    public async Task A_port_of_one_of_our_addresses_is_closed_on_the_other()
    {
        await using var pair = await TunnelPair.StartAsync(hasTwoAddresses: true);
        var forward = new RemoteTcpForward(
            new IPEndPoint(TunnelPair.OurAddress, 8080), new IPEndPoint(IPAddress.Loopback, 9), TunnelPair.Local, new TcpLimits(), NullLogger.Instance);
        _forwards.Add(forward);
        forward.Start(pair.Dialer);
        var error = await Assert.ThrowsAsync<SocketException>(
            () => pair.Theirs.ConnectTcpAsync(new IPEndPoint(TunnelPair.OurOtherAddress, 8080), Cancellation));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_local_server_that_refuses_has_the_peer_reset()
    {
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var forward = new RemoteTcpForward(
            new IPEndPoint(TunnelPair.OurAddress, 0), (IPEndPoint)closed.LocalEndPoint!, TunnelPair.Local, new TcpLimits(), NullLogger.Instance);
        forward.Start(_pair.Dialer);
        var source = Assert.IsType<IPEndPoint>(forward.Source);
        Assert.NotEqual(0, source.Port);

        var error = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            // It stands before the local server is asked, and may be reset before we see that
            await using var client = await _pair.Theirs.ConnectTcpAsync(source, Cancellation);
            await client.Input.ReadAsync(Cancellation);
        });
        var reason = Assert.IsType<SocketException>(error is IOException ? error.InnerException : error);
        Assert.Equal(SocketError.ConnectionReset, reason.SocketErrorCode);
    }

    [Fact]
    public async Task Datagrams_of_a_peer_reach_a_local_server_and_come_back()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var forward = new RemoteUdpForward(
            new IPEndPoint(TunnelPair.OurAddress, 8080), (IPEndPoint)server.LocalEndPoint!, TunnelPair.Local, new UdpLimits(), NullLogger.Instance);
        forward.Start(_pair.Dialer);

        await using var client = _pair.Theirs.ConnectUdp(new IPEndPoint(TunnelPair.OurAddress, 8080));
        client.Send("question"u8);
        var buffer = new byte[100];
        var received = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Cancellation);
        Assert.Equal("question", Encoding.ASCII.GetString(buffer, 0, received.ReceivedBytes));
        await server.SendToAsync("answer"u8.ToArray(), received.RemoteEndPoint, Cancellation);
        var read = await client.Input.ReadAsync(Cancellation);
        Assert.Equal("answer", Encoding.ASCII.GetString(read.Buffer));
    }

    [Fact]
    public async Task Datagrams_that_come_together_keep_their_order_and_their_ends_both_ways()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var forward = StartUdp(server);
        await using var client = _pair.Theirs.ConnectUdp((IPEndPoint)forward.Source);
        var buffer = new byte[100];
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        for (var i = 1; i <= 50; i++)
        {
            client.Send(new byte[i]);
        }

        for (var i = 1; i <= 50; i++)
        {
            var received = await server.ReceiveFromAsync(buffer, from, Cancellation);
            Assert.Equal(i, received.ReceivedBytes);
            from = received.RemoteEndPoint;
        }

        for (var i = 1; i <= 50; i++)
        {
            await server.SendToAsync(new byte[i], from, Cancellation);
        }

        for (var i = 1; i <= 50; i++)
        {
            var read = await client.Input.ReadAsync(Cancellation);
            Assert.Equal(i, read.Buffer.Length);
            client.Input.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal((1275, 1275), (forward.Traffic.BytesUp, forward.Traffic.BytesDown));
    }

    [Fact]
    public async Task Flows_hold_no_buffer_while_nothing_comes()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var forward = StartUdp(server);
        await using var warm = await OpenFlowAsync(forward, server);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<UdpSocket>();
        for (var i = 0; i < 500; i++)
        {
            clients.Add(await OpenFlowAsync(forward, server));
        }

        // At 64 KiB each they would be 32 MB
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 16_000_000);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_source_beyond_the_descriptors_takes_the_place_of_another()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var budget = new DescriptorBudget(NullLogger.Instance, 2);
        await using var forward = StartUdp(server, budget);
        for (var i = 0; i < 10; i++)
        {
            await using var client = await OpenFlowAsync(forward, server);
        }

        // The last that made room may be about to end
        RelayClock.Until(() => forward.Traffic.Open == 2);
        Assert.Equal((2, 10), (budget.Used, forward.Traffic.Started));
    }

    private RemoteUdpForward StartUdp(Socket server, DescriptorBudget? budget = null)
    {
        var forward = new RemoteUdpForward(
            new IPEndPoint(TunnelPair.OurAddress, 8080), (IPEndPoint)server.LocalEndPoint!, TunnelPair.Local, new UdpLimits(), NullLogger.Instance, descriptors: budget);
        forward.Start(_pair.Dialer);
        return forward;
    }

    private async Task<UdpSocket> OpenFlowAsync(RemoteUdpForward forward, Socket server)
    {
        var client = _pair.Theirs.ConnectUdp((IPEndPoint)forward.Source);
        client.Send("question"u8);
        await server.ReceiveFromAsync(new byte[100], new IPEndPoint(IPAddress.Any, 0), Cancellation);
        return client;
    }

    private static async Task<string> ReceiveToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[1024];
        while (await socket.ReceiveAsync(buffer, Cancellation) is > 0 and var count)
        {
            text.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        return text.ToString();
    }
}
