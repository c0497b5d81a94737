using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What listens on [::] is there for clients of IPv4 too.</summary>
public sealed class BothFamiliesTests
{
    private static readonly IPEndPoint Everywhere = new(IPAddress.IPv6Any, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Forwards_proxies_and_metrics_on_all_addresses_are_reached_by_each(string address)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        var services = new ServiceConfiguration
        {
            Proxies = [new(ProxyKind.Socks5Alone, Everywhere), new(ProxyKind.HttpAlone, Everywhere)],
            Metrics = Everywhere,
        };
        await using var demo = await DemoGateway.StartAsync(services, source: Everywhere);
        var request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray();

        Assert.StartsWith("HTTP/1.1 200", await AskAsync(demo.Gateway.Sources[0], request));
        // RFC 1928 §3: no acceptable method
        Assert.Equal("\x5\xFF", await AskAsync(demo.Gateway.Services.Proxies[0].Source, [5, 1, 2]));
        Assert.StartsWith(
            "HTTP/1.1 200", await AskAsync(demo.Gateway.Services.Proxies[1].Source, "CONNECT 192.168.4.2:80 HTTP/1.1\r\n\r\n"u8.ToArray(), request));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(demo.Gateway.Services.Metrics!, request));

        Task<string> AskAsync(EndPoint source, params byte[][] requests) =>
            DemoGateway.ExchangeAsync(new IPEndPoint(IPAddress.Parse(address), ((IPEndPoint)source).Port), requests);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Datagrams_to_all_addresses_are_carried_and_answered(string address)
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var pair = await TunnelPair.StartAsync();
        await using var listener = pair.Theirs.ListenUdp(5353);
        await using var forward = new UdpForward(
            Everywhere, new IPEndPoint(TunnelPair.TheirAddress, 5353), new UdpLimits(), NullLogger.Instance);
        forward.Start(pair.Dialer);
        var source = new IPEndPoint(IPAddress.Parse(address), ((IPEndPoint)forward.Source).Port);
        using var client = new Socket(source.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        await client.ConnectAsync(source, Cancellation);
        await client.SendAsync("question"u8.ToArray(), Cancellation);

        await using var flow = await listener.AcceptOneAsync(Cancellation);
        flow.Send("answer"u8);
        var buffer = new byte[100];
        var length = await client.ReceiveAsync(buffer, Cancellation);
        Assert.Equal("answer", Encoding.ASCII.GetString(buffer, 0, length));
    }

    [Fact]
    public async Task A_client_of_IPv4_has_a_UDP_association_of_IPv4()
    {
        Assert.SkipUnless(Socket.OSSupportsIPv6, "This machine has no IPv6.");
        await using var demo = await DemoGateway.StartAsync(new ServiceConfiguration { Proxies = [new(ProxyKind.Socks5Alone, Everywhere)] });
        var port = ((IPEndPoint)demo.Gateway.Services.Proxies[0].Source).Port;
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), Cancellation);
        await client.SendAsync(new byte[] { 5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0 }, Cancellation);

        var answer = new byte[10];
        using var stream = new NetworkStream(client);
        await stream.ReadExactlyAsync(new byte[2], Cancellation);
        await stream.ReadExactlyAsync(answer, Cancellation);
        // RFC 1928 §6: succeeded, IPv4, 127.0.0.1
        Assert.Equal([5, 0, 0, 1, 127, 0, 0, 1], answer[..8]);
    }
}
