using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class GatewayTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_page_behind_the_peer_is_fetched_from_the_local_port()
    {
        await using var demo = await DemoGateway.StartAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var page = await client.GetStringAsync(new Uri($"http://{demo.Gateway.Sources[0]}/"), Cancellation);
        Assert.Contains("<html", page);
        await demo.Gateway.StopAsync(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task The_log_tells_of_connections_in_the_words_of_the_original()
    {
        var log = new TestLog();
        await using var demo = await DemoGateway.StartAsync(loggers: log.CreateFactory());
        var (source, endpoint) = (demo.Gateway.Sources[0], demo.Gateway.Peers[0].EndPoint);
        await DemoGateway.ExchangeAsync(source, "GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await demo.Gateway.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Collection(
            log.Lines,
            line => Assert.Equal($"Tunneling TCP [{source}]->[192.168.4.2:80] (via [{endpoint}] as peer 192.168.4.3)", line),
            line => Assert.Matches(@"^\[\[\d+:TCP\]\] Incoming connection from 127\.0\.0\.1:\d+$", line),
            line => Assert.Matches(@"^\[\[\d+:TCP\]\] Connection closed by server \(18 bytes up, \d+ down\)$", line));
    }

    [Fact]
    public async Task A_port_that_is_closed_behind_the_peer_resets_the_client()
    {
        await using var demo = await DemoGateway.StartAsync(destination: new IPEndPoint(DemoPeer.Page.Address, 81));
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            // The reset may be there before the connect is looked at
            await client.ConnectAsync(demo.Gateway.Sources[0], Cancellation);
            await client.ReceiveAsync(new byte[1], Cancellation);
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Stopping_resets_connections_that_do_not_end_and_frees_the_port()
    {
        await using var demo = await DemoGateway.StartAsync();
        var source = demo.Gateway.Sources[0];
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(source, Cancellation);
        await demo.Gateway.StopAsync(TimeSpan.Zero);
        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[1], Cancellation));
        using var next = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await next.ConnectAsync(source, Cancellation));
    }

    [Fact]
    public async Task All_that_cannot_be_had_is_listed_at_once()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using var takenUdp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        takenUdp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var (tcp, udp) = ((IPEndPoint)taken.LocalEndPoint!, (IPEndPoint)takenUdp.LocalEndPoint!);
        using var key = PrivateKey.Generate();
        var (gateway, faults) = await Gateway.StartAsync(
            new ForwarderConfiguration
            {
                Tunnel = new TunnelOptions
                {
                    PrivateKey = key,
                    Addresses = [DemoPeer.ClientAddress],
                    Peers = [new PeerOptions { PublicKey = key.PublicKey, EndPoint = new IPEndPoint(IPAddress.Loopback, 9) }],
                    Transport = new UdpTransportOptions { BindEndPoint = udp },
                },
                Forwards =
                [
                    new ResolvedForward(Protocols.Tcp, tcp, DemoPeer.Page),
                    new ResolvedForward(Protocols.Udp, udp, DemoPeer.Page),
                    new ResolvedForward(Protocols.Tcp, new IPEndPoint(IPAddress.Loopback, 0), DemoPeer.Page),
                ],
                Services = new ServiceConfiguration
                {
                    Proxies = [new(ProxyKind.Socks5Alone, tcp), new(ProxyKind.HttpAlone, tcp)],
                    Metrics = tcp,
                },
                Capture = new CaptureConfiguration { Path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName(), "wg.pcap") },
                Log = LogFilter.Info,
            },
            NullLoggerFactory.Instance,
            new Machine());
        Assert.Null(gateway);
        string[] beginnings =
        [
            $"Port-forward failed for [{tcp}]->[192.168.4.2:80]: Failed to listen on TCP proxy server: ",
            $"Port-forward failed for [{udp}]->[192.168.4.2:80]: Failed to bind on UDP proxy address: ",
            $"Failed to listen for SOCKS5 proxy on {tcp}: ",
            $"Failed to listen for HTTP proxy on {tcp}: ",
            $"Failed to listen for metrics on {tcp}: ",
            "Failed to create pcap file ",
            "Failed to initialize WireGuard tunnel: Failed to create UDP socket for WireGuard connection: ",
        ];
        Assert.Equal(beginnings.Length, faults.Count);
        Assert.All(beginnings.Zip(faults), pair => Assert.StartsWith(pair.First, pair.Second.Message));
    }
}
