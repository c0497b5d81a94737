using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.NetStack.Tests;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What the original does wrong and no other test would notice; README.md has the list.</summary>
public sealed class DefectTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // Defects 1 and 2: what its 64 KiB buffer did not hold was lost with the client's FIN, and so was the answer.
    [Fact]
    public async Task A_client_that_ends_at_once_has_everything_delivered_and_gets_the_answer()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var listener = pair.Theirs.ListenTcp(80);
        await using var forward = Start(pair);
        using var client = await ConnectAsync(forward);
        var upload = Bytes(1_000_000);
        var sending = Task.Run(async () =>
        {
            await client.SendAsync(upload, Cancellation);
            client.Shutdown(SocketShutdown.Send);
        }, Cancellation);
        await using var server = await listener.AcceptOneAsync(Cancellation);
        using var received = new MemoryStream();
        await server.Input.CopyToAsync(received, Cancellation);
        Assert.Equal(upload, received.ToArray());
        await sending;

        await server.Output.WriteAsync("answer"u8.ToArray(), Cancellation);
        await server.Output.CompleteAsync();
        Assert.Equal("answer"u8.ToArray(), await ReceiveToEndAsync(client));
    }

    // Defects 3 and 4: behind 1000 events that one reader had not taken, the connection or the whole tunnel stood still.
    [Fact]
    public async Task A_client_that_does_not_read_yet_gets_everything_later_and_others_go_on()
    {
        await using var pair = await TunnelPair.StartAsync();
        await using var listener = pair.Theirs.ListenTcp(80);
        await using var forward = Start(pair);
        using var slow = await ConnectAsync(forward);
        await using var slowServer = await listener.AcceptOneAsync(Cancellation);
        var download = Bytes(8_000_000);
        var writing = Task.Run(async () =>
        {
            await slowServer.Output.WriteAsync(download, Cancellation);
            await slowServer.Output.CompleteAsync();
        }, Cancellation);

        using var quick = await ConnectAsync(forward);
        await using var quickServer = await listener.AcceptOneAsync(Cancellation);
        await quickServer.Output.WriteAsync("quick"u8.ToArray(), Cancellation);
        await quickServer.Output.CompleteAsync();
        Assert.Equal("quick"u8.ToArray(), await ReceiveToEndAsync(quick));
        Assert.Equal(download, await ReceiveToEndAsync(slow));
        await writing;
    }

    // Defect 8: any open connection kept the loop turning.
    [Fact]
    public void An_idle_connection_waits_for_hours()
    {
        var pair = new DirectPair();
        pair.Connect();
        pair.Advance(TimeSpan.FromMinutes(1));
        var next = pair.Client.NextTimeout < pair.Server.NextTimeout ? pair.Client.NextTimeout : pair.Server.NextTimeout;
        Assert.True(next > TimeSpan.FromHours(1));
    }

    // Defect 13: the eighth destination ended all TCP of a process that went on.
    [Fact]
    public async Task Twenty_destinations_are_connected_at_once()
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        var hosts = Enumerable.Range(1, 20).Select(n => IPAddress.Parse($"10.0.0.{n}")).ToArray();
        var peer = new PeerOptions { PublicKey = ours.PublicKey };
        await using var there = await StartAsync(theirs, hosts, peer);
        await using var listener = there.ListenTcp(80);
        peer = new PeerOptions { PublicKey = theirs.PublicKey, EndPoint = there.LocalEndPoint };
        await using var here = await StartAsync(ours, [TunnelPair.OurAddress], peer);
        var reached = new List<IPAddress>();
        foreach (var host in hosts)
        {
            // Open until the tunnel ends
            await here.ConnectTcpAsync(new IPEndPoint(host, 80), Cancellation);
            reached.Add((await listener.AcceptOneAsync(Cancellation)).LocalEndPoint.Address);
        }

        Assert.Equal(hosts, reached);
    }

    private static Task<WireGuardTunnel> StartAsync(PrivateKey key, IPAddress[] addresses, PeerOptions peer) =>
        WireGuardTunnel.StartAsync(
            new TunnelOptions { PrivateKey = key, Addresses = [.. addresses], Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) }, Peers = [peer] },
            Cancellation);

    private static TcpForward Start(TunnelPair pair)
    {
        var forward = new TcpForward(
            new IPEndPoint(IPAddress.Loopback, 0), new IPEndPoint(TunnelPair.TheirAddress, 80), new TcpLimits(), NullLogger.Instance);
        forward.Start(pair.Dialer);
        return forward;
    }

    private static async Task<Socket> ConnectAsync(TcpForward forward)
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(forward.Source, Cancellation);
        return client;
    }

    private static async Task<byte[]> ReceiveToEndAsync(Socket client)
    {
        using var received = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer, Cancellation) is > 0 and var length)
        {
            received.Write(buffer.AsSpan(0, length));
        }

        return received.ToArray();
    }

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }
}
