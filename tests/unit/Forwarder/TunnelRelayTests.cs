using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Xunit;
using static Onetun.Forwarder.Tests.RelayTests;

namespace Onetun.Forwarder.Tests;

/// <summary>Relays to a server in a tunnel: what comes of the data that waits when one end closes or resets.</summary>
public sealed class TunnelRelayTests
{
    private readonly Traffic _traffic = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_that_resets_while_its_data_waits_for_a_server_that_does_not_read_has_the_server_reset()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic, time: time);
        Fill(client.Peer, server);
        LocalConnection.Reset(client.Peer);
        Assert.Equal(RelayEnding.BrokenByClient, (await time.EndAsync(relay)).Ending);
        // Which it hears when it has room again
        await Assert.ThrowsAsync<IOException>(async () => await far.Input.CopyToAsync(Stream.Null, Cancellation));
    }

    [Fact]
    public async Task What_a_client_sent_before_it_reset_arrives_before_the_reset_though_the_server_takes_it_only_then()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems drop what a connection has received when it is reset");
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic);
        Fill(client.Peer, server);
        var acknowledged = AcknowledgedBytes(client.Peer);
        LocalConnection.Reset(client.Peer);

        var received = 0L;
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            while (await far.Input.ReadAsync(Cancellation) is { IsCompleted: false, Buffer: var buffer })
            {
                received += buffer.Length;
                far.Input.AdvanceTo(buffer.End);
            }
        });
        Assert.True(received >= acknowledged, $"{acknowledged} bytes were acknowledged, and {received} arrived");
        Assert.Equal(RelayEnding.BrokenByClient, (await relay).Ending);
    }

    [Fact]
    public async Task A_client_that_closes_while_its_data_waits_for_a_server_that_does_not_read_yet_has_it_delivered()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic, time: time);
        var sent = Fill(client.Peer, server);
        client.Peer.Dispose();
        time.Look(relay, 20);

        Assert.False(relay.IsCompleted);
        var received = new MemoryStream();
        await far.Input.CopyToAsync(received, Cancellation);
        Assert.Equal(sent, received.Length);
        await far.Output.CompleteAsync();
        await relay;
    }

    [Fact]
    public async Task A_server_in_the_tunnel_that_ends_and_then_resets_lets_a_silent_client_go()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic, time: time);
        await far.Output.CompleteAsync();
        Assert.Empty(await client.ReceiveToEndAsync());
        far.Abort();
        Assert.Equal(RelayEnding.BrokenByServer, (await time.EndAsync(relay)).Ending);
        await client.Connection.DisposeAsync();
        // A read goes on telling of the end that came first, and the first byte that goes out brings the reset
        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (true)
            {
                await client.Peer.SendAsync(new byte[1]);
            }
        });
    }

    [Fact]
    public async Task What_a_server_in_the_tunnel_sent_before_it_closed_is_all_delivered_though_it_resets_later()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var answer = Bytes(6, 100_000);
        await far.Output.WriteAsync(answer, Cancellation);
        await far.Output.CompleteAsync();
        RelayClock.Until(() => far.IsOutputAcknowledged);
        far.Abort();
        RelayClock.Until(() => server.OutputError == SocketError.ConnectionReset);
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic);
        Assert.Equal(answer, await client.ReceiveToEndAsync());
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(answer.Length, (await relay).BytesDown);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_server_in_the_tunnel_answered_before_it_reset_arrives_before_the_reset(bool uploading)
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var answer = Bytes(7, 100_000);
        await far.Output.WriteAsync(answer, Cancellation);
        RelayClock.Until(() => far.UnacknowledgedBytes == 0);
        far.Abort();
        RelayClock.Until(() => server.OutputError == SocketError.ConnectionReset);
        if (uploading)
        {
            await client.Peer.SendAsync(new byte[100_000], Cancellation);
        }

        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic);
        var received = new byte[answer.Length];
        for (var count = 0; count < received.Length;)
        {
            var read = await client.Peer.ReceiveAsync(received.AsMemory(count), Cancellation);
            Assert.NotEqual(0, read);
            count += read;
        }

        Assert.Equal(answer, received);
        await client.AssertResetAsync();
        Assert.Equal(RelayEnding.BrokenByServer, (await relay).Ending);
    }

    [Fact]
    public async Task What_a_client_takes_only_after_the_server_has_reset_arrives_before_the_reset()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic);
        Fill(far);
        var acknowledged = far.GetStatistics().AcknowledgedBytes;
        far.Abort();
        RelayClock.Until(() => server.OutputError == SocketError.ConnectionReset);

        var (received, buffer) = (0L, new byte[64 * 1024]);
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await client.Peer.ReceiveAsync(buffer, Cancellation) is > 0 and var count)
            {
                received += count;
            }
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        Assert.True(received >= acknowledged, $"{acknowledged} bytes were acknowledged, and {received} arrived");
        Assert.Equal(RelayEnding.BrokenByServer, (await relay).Ending);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_for_a_minute_after_the_server_has_reset_is_reset()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var client = await LocalPair.CreateAsync();
        var (server, far) = await pair.ConnectAsync();
        var time = new RelayClock();
        var relay = Relay.RunAsync(client.Connection, new TunnelEnd(server), _traffic, time: time);
        Fill(far);
        far.Abort();
        RelayClock.Until(() => server.OutputError == SocketError.ConnectionReset);
        Assert.Equal(RelayEnding.BrokenByServer, (await time.EndAsync(relay)).Ending);
    }

    /// <summary>What the system at the other end has received (tcpi_bytes_acked of Linux's tcp_info).</summary>
    private static long AcknowledgedBytes(Socket socket)
    {
        const int tcpLevel = 6, tcpInfo = 11, bytesAcked = 120;
        Span<byte> info = stackalloc byte[bytesAcked + sizeof(long)];
        socket.GetRawSocketOption(tcpLevel, tcpInfo, info);
        return BitConverter.ToInt64(info[bytesAcked..]) - 1; // the SYN
    }

    /// <summary>Sends until neither the socket takes more nor the server that it is relayed to.</summary>
    private static long Fill(Socket socket, TcpSocket server)
    {
        socket.Blocking = false;
        var (sent, buffer) = (0L, new byte[64 * 1024]);
        RelayClock.Until(() =>
        {
            var taken = socket.Send(buffer, SocketFlags.None, out _);
            sent += taken;
            return taken == 0 && server.GetStatistics().SendWindow == 0;
        });
        return sent;
    }

    /// <summary>Writes until a relay that nobody reads from takes no more.</summary>
    private static void Fill(TcpSocket far)
    {
        while (true)
        {
            var write = far.Output.WriteAsync(new byte[64 * 1024]).AsTask();
            // The ACK that shuts the window may make room for the write: who waits after that does so for good
            RelayClock.Until(() =>
                write.IsCompleted || (far.GetStatistics().SendWindow == 0 && ((TcpWriter)far.Output).Signal is { IsArmed: true }));
            if (!write.IsCompleted)
            {
                return;
            }
        }
    }
}
