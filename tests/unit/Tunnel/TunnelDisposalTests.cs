using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What was written before a tunnel was disposed arrives, and nobody waits for it for long.</summary>
public sealed class TunnelDisposalTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress There = IPAddress.Parse("10.0.0.2");
    private readonly PrivateKey _here = PrivateKey.Generate();
    private readonly PrivateKey _there = PrivateKey.Generate();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_written_just_before_socket_and_tunnel_were_disposed_arrives_to_its_end(bool disposesSocket)
    {
        await using var client = await StartAsync(_there, There, _here, Here, null, TimeSpan.Zero);
        var server = await StartAsync(_here, Here, _there, There, client.LocalEndPoint);
        await using var listener = client.ListenTcp(80);
        var answers = new List<(TcpSocket Client, byte[] Bytes)>();
        for (var i = 0; i < 20; i++)
        {
            var socket = await server.ConnectTcpAsync(new IPEndPoint(There, 80), Cancellation);
            var accepted = await listener.AcceptOneAsync(Cancellation);
            var answer = new byte[1024 << (i / 2)];
            new Random(i).NextBytes(answer);
            answers.Add((accepted, answer));
            _ = socket.Output.WriteAsync(answer, Cancellation).AsTask();
            if (disposesSocket)
            {
                await socket.DisposeAsync();
            }
        }

        var reading = answers.ConvertAll(answer => ReadAsync(answer.Client));
        await server.DisposeAsync().AsTask().WaitAsync(Patience, Cancellation);
        for (var i = 0; i < answers.Count; i++)
        {
            Assert.Equal(answers[i].Bytes, await reading[i].WaitAsync(Patience, Cancellation));
            Assert.Equal(SocketError.Success, answers[i].Client.OutputError);
        }
    }

    [Fact]
    public async Task Disposing_ends_what_waits_though_the_peer_does_not_answer_any_more()
    {
        await using var client = await StartAsync(_there, There, _here, Here, null, TimeSpan.Zero);
        var server = await StartAsync(_here, Here, _there, There, client.LocalEndPoint, TimeSpan.FromMilliseconds(100));
        await using var listener = client.ListenTcp(80);
        var sockets = new List<TcpSocket>();
        for (var i = 0; i < 50; i++)
        {
            sockets.Add(await server.ConnectTcpAsync(new IPEndPoint(There, 80), Cancellation));
        }

        var reads = sockets.ConvertAll(socket => socket.Input.ReadAsync(Cancellation).AsTask());
        server.ReplacePeers([]); // nothing gets there any more
        foreach (var socket in sockets)
        {
            await socket.Output.WriteAsync(new byte[1], Cancellation);
        }

        await server.DisposeAsync().AsTask().WaitAsync(Patience, Cancellation);
        foreach (var read in reads)
        {
            var error = await Assert.ThrowsAsync<IOException>(() => read);
            Assert.Equal(SocketError.OperationAborted, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        }
    }

    [Fact]
    public async Task Without_time_to_deliver_connections_are_reset()
    {
        await using var client = await StartAsync(_there, There, _here, Here, null);
        var server = await StartAsync(_here, Here, _there, There, client.LocalEndPoint, TimeSpan.Zero);
        await using var listener = client.ListenTcp(80);
        await server.ConnectTcpAsync(new IPEndPoint(There, 80), Cancellation);
        await using var accepted = await listener.AcceptOneAsync(Cancellation);
        await server.DisposeAsync();
        var error = await Assert.ThrowsAsync<IOException>(
            () => accepted.Input.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation));
        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
    }

    [Fact]
    public async Task Disposing_ends_a_connect_that_waits()
    {
        var tunnel = await StartAsync(_here, Here, _there, There, new IPEndPoint(IPAddress.Loopback, 9));
        var connect = tunnel.ConnectTcpAsync(new IPEndPoint(There, 80), Cancellation);
        await tunnel.DisposeAsync();
        var error = await Assert.ThrowsAsync<SocketException>(() => connect.WaitAsync(Patience, Cancellation));
        Assert.Equal(SocketError.OperationAborted, error.SocketErrorCode);
    }

    [Fact]
    public async Task Disposing_without_a_limit_ends_when_everything_is_delivered()
    {
        var tunnel = await StartAsync(_here, Here, _there, There, null, TimeSpan.MaxValue);
        var port = tunnel.LocalEndPoint;
        await tunnel.DisposeAsync().AsTask().WaitAsync(Patience, Cancellation);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(port); // It is free
    }

    [Fact]
    public async Task Datagrams_are_refused_once_the_tunnel_is_disposed()
    {
        var tunnel = await StartAsync(_here, Here, _there, There, null);
        var socket = tunnel.ConnectUdp(new IPEndPoint(There, 53));
        await tunnel.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => socket.Send([1]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => socket.Output.WriteAsync(new byte[1], Cancellation).AsTask());
    }

    [Fact]
    public async Task A_tunnel_that_is_being_disposed_opens_nothing_more()
    {
        var tunnel = await StartAsync(_here, Here, _there, There, null);
        await tunnel.DisposeAsync();
        await tunnel.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => tunnel.ListenTcp(80));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => StartAsync(_here, Here, _there, There, null, TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public async Task Whoever_continues_on_the_thread_of_a_tunnel_can_dispose_it()
    {
        await using var server = await StartAsync(_there, There, _here, Here, null);
        var tunnel = await StartAsync(_here, Here, _there, There, server.LocalEndPoint);
        await using var listener = server.ListenUdp(53);
        var socket = tunnel.ConnectUdp(new IPEndPoint(There, 53));
        socket.ContinuesInline = true;
        var disposing = ReadThenDisposeAsync();
        socket.Send([1]);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        flow.Send([2]);
        await disposing.WaitAsync(Patience, Cancellation);

        async Task ReadThenDisposeAsync()
        {
            await socket.Input.ReadAsync(Cancellation).ConfigureAwait(false);
            await tunnel.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<byte[]> ReadAsync(TcpSocket socket)
    {
        var read = new MemoryStream();
        await socket.AsStream().CopyToAsync(read, Cancellation);
        return read.ToArray();
    }

    private static Task<WireGuardTunnel> StartAsync(
        PrivateKey key, IPAddress address, PrivateKey peer, IPAddress peerAddress, IPEndPoint? endPoint, TimeSpan? disposeTimeout = null)
    {
        var options = new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [address],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = peer.PublicKey, EndPoint = endPoint, AllowedIPs = [new IPNetwork(peerAddress, 32)] }],
        };
        return WireGuardTunnel.StartAsync(disposeTimeout is { } timeout ? options with { DisposeTimeout = timeout } : options, Cancellation);
    }
}
