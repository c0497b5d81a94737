using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Clients that speak something else than a port expects, or nothing.</summary>
public sealed class ProxyLanguageTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly TestLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http", "16 03 01 02 00", "HTTP request of .* failed: The client speaks TLS, not HTTP.")]
    [InlineData("http", "05 01 00", "HTTP request of .* failed: The client speaks SOCKS5, not HTTP.")]
    [InlineData("socks5", "04 01 00 50", "SOCKS5 request of .* failed: The client speaks SOCKS4, not SOCKS5.")]
    [InlineData("socks5", "47 45 54 20", "SOCKS5 request of .* failed: The client speaks HTTP, not SOCKS5.")]
    [InlineData("both", "16 03 01 02 00", "SOCKS5 and HTTP request of .* failed: The client speaks TLS, not SOCKS5 or HTTP.")]
    public async Task What_else_a_client_speaks_is_known_by_its_first_byte(string port, string bytes, string line)
    {
        await using var demo = await StartAsync(port);
        await Assert.ThrowsAsync<IOException>(() => ExchangeAsync(demo, Convert.FromHexString(bytes.Replace(" ", ""))));
        Assert.True(SpinWait.SpinUntil(() => _log.Lines.Any(IsWarning), TimeSpan.FromSeconds(30)));
        Assert.Matches(line, Assert.Single(_log.Lines, IsWarning));
    }

    [Theory]
    [InlineData("Proxy-Authorization: Basic eDp5\r\n", "its user and password are wrong")] // x:y
    [InlineData("Proxy-Authorization: Bearer eDp5\r\n", "its user and password are wrong")]
    [InlineData("Proxy-Authorization: Basic YTpi\r\nHost: a b\r\n", "the proxy needs a valid Host")] // a:b
    // Who does not know yet that there is a password is asked, and has not failed
    [InlineData("", null)]
    public async Task A_client_of_HTTP_that_is_refused_is_told_of_and_counted(string field, string? reason) =>
        await RefuseAsync("http", Encoding.ASCII.GetBytes($"GET http://192.168.4.2/ HTTP/1.1\r\n{field}\r\n"), reason);

    [Theory]
    [InlineData("05 01 00", "it offers no user and password")]
    [InlineData("05 01 02 01 01 78 01 79", "its user and password are wrong")] // x:y
    [InlineData("05 01 02 01 01 61 01 62 05 02 00 01 C0 A8 04 02 00 50", "it asks for command 2, which is neither CONNECT nor UDP ASSOCIATE")] // a:b
    public async Task A_client_of_SOCKS_that_is_refused_is_told_of_and_counted(string bytes, string reason) =>
        await RefuseAsync("socks5", Convert.FromHexString(bytes.Replace(" ", "")), reason);

    private async Task RefuseAsync(string port, byte[] request, string? reason)
    {
        await using var demo = await StartAsync(port, new ProxyCredentials("a", "b"));
        await ExchangeAsync(demo, request);
        Assert.Equal(reason is null ? 0 : 1, demo.Gateway.Services.Proxies[0].Traffic.Failed);
        Assert.Equal(reason is "its user and password are wrong" ? 1 : 0, demo.Gateway.Services.Proxies[0].Traffic.Denied);
        var warning = _log.Lines.SingleOrDefault(IsWarning);
        Assert.Equal(reason, warning?[(warning.IndexOf(" failed: ", StringComparison.Ordinal) + " failed: ".Length)..]);
    }

    [Theory]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\n\n")]
    [InlineData("GET http://192.168.4.2/ HTTP/1.1\r\nA: b\n\r\n")]
    public async Task A_line_that_ends_in_LF_alone_is_refused_at_once(string request)
    {
        await using var demo = await StartAsync("http");
        var answer = await ExchangeAsync(demo, Encoding.ASCII.GetBytes(request));
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", answer);
        Assert.EndsWith("The proxy takes lines that end in CR LF, not in LF alone.\n", answer);
    }

    [Fact]
    public async Task A_head_that_is_too_large_is_told_so()
    {
        await using var demo = await StartAsync("http");
        var request = $"GET http://192.168.4.2/ HTTP/1.1\r\nCookie: {new string('x', 70_000)}\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 431 ", await ExchangeAsync(demo, Encoding.ASCII.GetBytes(request)));
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    [InlineData("both")]
    public async Task A_connection_that_asks_for_nothing_is_no_failure(string port)
    {
        await using var demo = await StartAsync(port);
        using (var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await client.ConnectAsync(Source(demo), Cancellation);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, await client.ReceiveAsync(new byte[1], Cancellation));
        }

        Assert.DoesNotContain(_log.Lines, IsWarning);
    }

    [Fact]
    public async Task Who_asks_for_nothing_is_let_go_after_half_a_minute_without_a_warning()
    {
        var time = new FakeTimeProvider();
        await using var pair = await TunnelPair.StartAsync();
        await using var proxy = Start(pair, new HttpProxy(null), time);
        using var client = await ConnectAsync(proxy);
        var received = client.ReceiveAsync(new byte[1], Cancellation).AsTask();
        // It may not have been accepted yet
        Assert.True(SpinWait.SpinUntil(() => Advance(time) && received.IsCompleted, TimeSpan.FromSeconds(30)));
        Assert.Equal(0, await received);
        Assert.DoesNotContain(_log.Lines, IsWarning);
    }

    [Fact]
    public async Task Who_only_begins_to_ask_is_reset_after_half_a_minute_with_the_reason()
    {
        var time = new FakeTimeProvider();
        await using var pair = await TunnelPair.StartAsync();
        await using var proxy = Start(pair, new Socks5(null), time);
        using var client = await ConnectAsync(proxy);
        await client.SendAsync(new byte[] { 5, 1, 0 }, Cancellation);
        Assert.NotEqual(0, await client.ReceiveAsync(new byte[2], Cancellation));
        Advance(time);
        await Assert.ThrowsAsync<SocketException>(async () => await client.ReceiveAsync(new byte[2], Cancellation));
        Assert.True(SpinWait.SpinUntil(() => _log.Lines.Any(IsWarning), TimeSpan.FromSeconds(30)));
        Assert.EndsWith("Its request was not complete after 30 s.", Assert.Single(_log.Lines, IsWarning));
    }

    [Fact]
    public async Task One_port_serves_clients_of_SOCKS_and_of_HTTP()
    {
        await using var demo = await StartAsync("both");
        foreach (var scheme in new[] { "socks5", "http" })
        {
            using var client = new HttpClient(new SocketsHttpHandler { Proxy = new WebProxy(new Uri($"{scheme}://{Source(demo)}")) });
            Assert.Contains("<html", await client.GetStringAsync(new Uri("http://192.168.4.2/"), Cancellation));
        }
    }

    private static bool IsWarning(string line) => line.Contains("failed", StringComparison.Ordinal);

    private static bool Advance(FakeTimeProvider time)
    {
        time.Advance(TimeSpan.FromSeconds(30));
        return true;
    }

    private static async Task<Socket> ConnectAsync(Proxy proxy)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(proxy.Source, Cancellation);
        return client;
    }

    private static EndPoint Source(DemoGateway demo) => demo.Gateway.Services.Proxies[0].Source;

    private static Task<string> ExchangeAsync(DemoGateway demo, byte[] request) => DemoGateway.ExchangeAsync(Source(demo), request);

    private Proxy Start(TunnelPair pair, IProxyProtocol protocol, TimeProvider time)
    {
        var proxy = new Proxy(AnyPort, [protocol], new TcpLimits(), new UdpLimits(), _log, time);
        proxy.Start(pair.Dialer);
        return proxy;
    }

    private Task<DemoGateway> StartAsync(string port, ProxyCredentials? user = null) => DemoGateway.StartAsync(
        port switch
        {
            "http" => new ServiceConfiguration { Proxies = [new(ProxyKind.HttpAlone, AnyPort, user)] },
            "socks5" => new ServiceConfiguration { Proxies = [new(ProxyKind.Socks5Alone, AnyPort, user)] },
            _ => new ServiceConfiguration { Proxies = [new(ProxyKind.Either, AnyPort, user)] },
        },
        loggers: _log.CreateFactory());
}
