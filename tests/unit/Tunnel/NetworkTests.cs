using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Tests;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>What a program does in a network, through two tunnels of one process.</summary>
public sealed class NetworkTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestLog _log = new();
    private TunnelPair _pair = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _pair = await TunnelPair.StartAsync(change: options => options with
    {
        Dns = [TunnelPair.TheirAddress],
        LoggerFactory = _log.CreateFactory(),
    });

    public async ValueTask DisposeAsync() => await _pair.DisposeAsync();

    [Fact]
    public async Task A_connection_is_opened_by_name_and_knows_the_peer_at_both_ends()
    {
        await using var dns = new TestDns(_pair.Theirs);
        dns.Names["db.internal"] = [$"{TunnelPair.TheirAddress}"];
        await using var listener = _pair.Theirs.Listen(5432);
        await using var ours = await _pair.Ours.ConnectAsync(new DnsEndPoint("db.internal", 5432), cancellationToken: Cancellation);
        await using var theirs = await listener.AcceptAsync(Cancellation);
        Assert.Equal(_pair.Theirs.PublicKey, ours.Peer);
        Assert.Equal(_pair.Ours.PublicKey, theirs!.Peer);
        Assert.Equal([TunnelPair.TheirAddress], await _pair.Ours.ResolveAsync("db.internal", Cancellation));
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_told_by_its_name()
    {
        await using var dns = new TestDns(_pair.Theirs);
        var error = await Assert.ThrowsAsync<SocketException>(() => _pair.Ours.ResolveAsync("nobody.internal", Cancellation));
        Assert.Equal(SocketError.HostNotFound, error.SocketErrorCode);
        Assert.Contains("nobody.internal", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task We_reach_ourselves_by_our_own_address()
    {
        await using var listener = _pair.Ours.Listen(80);
        await using var there = await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.OurAddress, 80), cancellationToken: Cancellation);
        await using var here = await listener.AcceptAsync(Cancellation);
        await there.Output.WriteAsync("self"u8.ToArray(), Cancellation);
        var read = await here!.Input.ReadAtLeastAsync(4, Cancellation);
        Assert.Equal("self", Encoding.ASCII.GetString(read.Buffer));
        Assert.Equal(_pair.Ours.PublicKey, there.Peer);
    }

    [Fact]
    public async Task An_address_that_no_peer_has_is_told_at_once()
    {
        var nowhere = IPAddress.Parse("192.168.9.9");
        foreach (var attempt in new Func<Task>[]
        {
            () => _pair.Ours.ConnectAsync(new IPEndPoint(nowhere, 80), cancellationToken: Cancellation),
            () => _pair.Ours.ConnectAsync(new DnsEndPoint("192.168.9.9", 80), cancellationToken: Cancellation),
            () => _pair.Ours.PingAsync(nowhere, cancellationToken: Cancellation),
        })
        {
            var error = await Assert.ThrowsAsync<SocketException>(attempt);
            Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
            Assert.Equal("No peer has 192.168.9.9 in its AllowedIPs.", error.Message);
        }

        Assert.Null(_pair.Ours.FindPeer(nowhere));
        Assert.Equal(_pair.Theirs.PublicKey, _pair.Ours.FindPeer(TunnelPair.TheirAddress.MapToIPv6()));
    }

    [Fact]
    public async Task All_connections_are_accepted_until_the_listener_ends()
    {
        var listener = _pair.Theirs.Listen(80);
        var accepting = Task.Run(async () =>
        {
            var ports = new List<int>();
            await foreach (var accepted in listener.AcceptAllAsync(Cancellation))
            {
                ports.Add(accepted.RemoteEndPoint.Port);
                await accepted.DisposeAsync(); // A reset could come before the other side's connect returns, and fail it
            }

            return ports;
        }, Cancellation);
        var opened = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            await using var connection = await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
            opened.Add(connection.LocalEndPoint.Port);
            await ClosedAsync(connection);
        }

        await listener.DisposeAsync();
        Assert.Equal(opened, await accepting.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task Disposal_delivers_what_was_written_although_something_is_left_unread()
    {
        await using var listener = _pair.Theirs.Listen(80);
        var ours = await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        await using var theirs = await listener.AcceptAsync(Cancellation);
        await theirs!.Output.WriteAsync("nobody reads this"u8.ToArray(), Cancellation);
        await ours.Input.ReadAsync(Cancellation); // It is there, and is not consumed
        var reading = ReadToEndAsync(theirs);
        await ours.Output.WriteAsync(new byte[1 << 20], Cancellation);
        await ours.DisposeAsync();
        Assert.Equal(1 << 20, await reading.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task The_end_of_the_other_side_is_told_to_those_who_do_not_read()
    {
        await using var listener = _pair.Theirs.Listen(80);
        await using var ours = await _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        await using var theirs = await listener.AcceptAsync(Cancellation);
        Assert.False(ours.Closed.IsCancellationRequested);
        await theirs!.CloseWriteAsync(Cancellation);
        await ClosedAsync(ours);
        await ours.Output.WriteAsync("still"u8.ToArray(), Cancellation); // It is one direction that has ended
        Assert.Equal(5, (await theirs.Input.ReadAtLeastAsync(5, Cancellation)).Buffer.Length);
    }

    [Fact]
    public async Task Datagrams_go_to_and_fro_on_one_port()
    {
        await using var port = _pair.Theirs.BindUdp(new IPEndPoint(TunnelPair.TheirAddress, 9000));
        await using var flow = _pair.Ours.ConnectUdp(port.LocalEndPoint);
        flow.Send("ask"u8);
        var buffer = new byte[16];
        var received = await port.ReceiveFromAsync(buffer, Cancellation);
        Assert.Equal((3, flow.LocalEndPoint), (received.Length, received.RemoteEndPoint));
        port.SendTo("answer"u8, received.RemoteEndPoint);
        Assert.Equal("answer", Encoding.ASCII.GetString((await flow.Input.ReadAsync(Cancellation)).Buffer));
    }

    [Fact]
    public async Task A_host_is_pinged() => Assert.True(await _pair.Ours.PingAsync(TunnelPair.TheirAddress, Patience, Cancellation) > TimeSpan.Zero);

    [Fact]
    public async Task A_local_port_is_forwarded_until_the_network_ends()
    {
        await using var listener = _pair.Theirs.Listen(80);
        var forward = _pair.Ours.ForwardTcp(new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(TunnelPair.TheirAddress, 80));
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)forward.Source, Cancellation);
        await client.GetStream().WriteAsync("up"u8.ToArray(), Cancellation);
        await using var server = await listener.AcceptAsync(Cancellation);
        Assert.Equal(2, (await server!.Input.ReadAtLeastAsync(2, Cancellation)).Buffer.Length);
        Assert.Equal((1, 2), (forward.GetStatistics().Open, forward.GetStatistics().BytesUp));
        Assert.Contains(_log.Lines, line => line.Contains("Incoming connection", StringComparison.Ordinal));

        await _pair.Ours.DisposeAsync();
        using var late = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => late.ConnectAsync((IPEndPoint)forward.Source, Cancellation).AsTask());
        Assert.Throws<ObjectDisposedException>(
            () => _pair.Ours.ForwardTcp(new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(TunnelPair.TheirAddress, 80)));
    }

    [Fact]
    public async Task A_local_datagram_port_is_forwarded()
    {
        await using var port = _pair.Theirs.BindUdp(new IPEndPoint(TunnelPair.TheirAddress, 53));
        await using var forward = _pair.Ours.ForwardUdp(new IPEndPoint(IPAddress.Loopback, 0), port.LocalEndPoint);
        using var client = new UdpClient(AddressFamily.InterNetwork);
        await client.SendAsync("ask"u8.ToArray(), (IPEndPoint)forward.Source, Cancellation);
        var received = await port.ReceiveFromAsync(new byte[16], Cancellation);
        port.SendTo("answer"u8, received.RemoteEndPoint);
        Assert.Equal("answer", Encoding.ASCII.GetString((await client.ReceiveAsync(Cancellation)).Buffer));
    }

    [Fact]
    public async Task A_local_service_is_exposed_to_the_network()
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        await using var forward = _pair.Ours.ExposeTcp(new IPEndPoint(TunnelPair.OurAddress, 8080), service.LocalEndpoint);
        await using var client = await _pair.Theirs.ConnectAsync((IPEndPoint)forward.Source, cancellationToken: Cancellation);
        using var accepted = await service.AcceptTcpClientAsync(Cancellation);
        await client.Output.WriteAsync("in"u8.ToArray(), Cancellation);
        await accepted.GetStream().ReadExactlyAsync(new byte[2], Cancellation);
    }

    [Fact]
    public async Task A_service_on_a_Unix_domain_socket_is_exposed_to_the_network()
    {
        var directory = Directory.CreateTempSubdirectory("onetun");
        try
        {
            using var service = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var path = new UnixDomainSocketEndPoint(Path.Combine(directory.FullName, "service"));
            service.Bind(path);
            service.Listen();
            await using var forward = _pair.Ours.ExposeTcp(new IPEndPoint(TunnelPair.OurAddress, 8080), path);
            await using var client = await _pair.Theirs.ConnectAsync((IPEndPoint)forward.Source, cancellationToken: Cancellation);
            using var accepted = await service.AcceptAsync(Cancellation);
            await client.Output.WriteAsync("in"u8.ToArray(), Cancellation);
            await client.CloseWriteAsync(Cancellation);
            await using var stream = new NetworkStream(accepted);
            using var reader = new StreamReader(stream);
            Assert.Equal("in", await reader.ReadToEndAsync(Cancellation));
            await stream.WriteAsync("out"u8.ToArray(), Cancellation);
            accepted.Shutdown(SocketShutdown.Send);
            using var answer = new StreamReader(client.AsStream());
            Assert.Equal("out", await answer.ReadToEndAsync(Cancellation));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_local_datagram_service_is_exposed_to_the_network()
    {
        using var service = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await using var forward = _pair.Ours.ExposeUdp(
            new IPEndPoint(TunnelPair.OurAddress, 5353), (IPEndPoint)service.Client.LocalEndPoint!);
        await using var client = _pair.Theirs.ConnectUdp((IPEndPoint)forward.Source);
        client.Send("ask"u8);
        var asked = await service.ReceiveAsync(Cancellation);
        await service.SendAsync("answer"u8.ToArray(), asked.RemoteEndPoint, Cancellation);
        Assert.Equal("answer", Encoding.ASCII.GetString((await client.Input.ReadAsync(Cancellation)).Buffer));
    }

    [Fact]
    public async Task What_is_no_host_is_refused_where_it_is_given()
    {
        var (here, path) = (new IPEndPoint(IPAddress.Loopback, 0), new UnixDomainSocketEndPoint("/run/nobody"));
        var inside = new IPEndPoint(TunnelPair.OurAddress, 0);
        await Assert.ThrowsAsync<ArgumentException>("remote", () => _pair.Ours.ConnectAsync(path, cancellationToken: Cancellation));
        Assert.Throws<ArgumentException>("destination", () => _pair.Ours.ForwardTcp(here, path));
        Assert.Throws<ArgumentException>("destination", () => _pair.Ours.ForwardUdp(here, path));
        Assert.Throws<ArgumentException>("destination", () => _pair.Ours.ExposeUdp(inside, path));
        Assert.Throws<ArgumentNullException>("destination", () => _pair.Ours.ExposeTcp(inside, null!));
    }

    [Fact]
    public void The_peer_of_an_address_is_found()
    {
        Assert.Equal(_pair.Theirs.PublicKey, _pair.Ours.FindPeer(TunnelPair.TheirAddress));
        Assert.Equal(_pair.Ours.PublicKey, _pair.Ours.FindPeer(TunnelPair.OurAddress));
        Assert.Null(_pair.Ours.FindPeer(IPAddress.Parse("10.9.9.9")));
    }

    [Fact]
    public async Task A_refused_connection_is_refused()
    {
        var error = await Assert.ThrowsAsync<SocketException>(
            () => _pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 81), cancellationToken: Cancellation));
        Assert.Equal(SocketError.ConnectionRefused, error.SocketErrorCode);
    }

    private static async Task ClosedAsync(TunnelConnection connection)
    {
        var closed = new TaskCompletionSource();
        await using var registration = connection.Closed.Register(closed.SetResult);
        await closed.Task.WaitAsync(Patience, Cancellation);
    }

    private static async Task<long> ReadToEndAsync(TunnelConnection connection)
    {
        for (var total = 0L; ;)
        {
            var read = await connection.Input.ReadAsync(Cancellation);
            total += read.Buffer.Length;
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return total;
            }
        }
    }
}
