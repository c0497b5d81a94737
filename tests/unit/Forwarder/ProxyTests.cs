using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ProxyTests
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("socks5", "192.168.4.2")]
    [InlineData("socks5", "demo.internal")]
    [InlineData("http", "192.168.4.2")]
    [InlineData("http", "demo.internal")]
    public async Task A_page_is_fetched_by_address_and_by_name(string scheme, string host)
    {
        await using var demo = await StartAsync();
        using var client = Client(demo, scheme, null);
        Assert.Contains("<html", await client.GetStringAsync(new Uri($"http://{host}/"), Cancellation));
    }

    [Theory]
    [InlineData("socks5")]
    [InlineData("http")]
    public async Task Credentials_are_asked_for_and_checked(string scheme)
    {
        await using var demo = await StartAsync(new ProxyCredentials("ann", "s3cret:word"));
        var page = new Uri("http://192.168.4.2/");
        using var right = Client(demo, scheme, new NetworkCredential("ann", "s3cret:word"));
        Assert.Contains("<html", await right.GetStringAsync(page, Cancellation));
        using var wrong = Client(demo, scheme, new NetworkCredential("ann", "s3cret:work"));
        await Assert.ThrowsAsync<HttpRequestException>(() => wrong.GetStringAsync(page, Cancellation));
        using var none = Client(demo, scheme, null);
        await Assert.ThrowsAsync<HttpRequestException>(() => none.GetStringAsync(page, Cancellation));
    }

    [Fact]
    public async Task Connect_opens_a_way_for_any_protocol()
    {
        await using var demo = await StartAsync();
        var answer = await ExchangeAsync(demo, "http", "CONNECT 192.168.4.2:80 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK\r\n", answer);
    }

    [Theory]
    [InlineData("CONNECT 192.168.4.2:81 HTTP/1.1\r\n\r\n", "502 Bad Gateway")]
    [InlineData("CONNECT nowhere.internal:80 HTTP/1.1\r\n\r\n", "502 Bad Gateway")]
    [InlineData("CONNECT [fd00::1]:80 HTTP/1.1\r\n\r\n", "502 Bad Gateway")]
    // What the system's resolver says of the machine itself
    [InlineData("CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n", "502 Bad Gateway")]
    [InlineData("CONNECT this.internal:80 HTTP/1.1\r\n\r\n", "502 Bad Gateway")]
    [InlineData("CONNECT 192.168.4.2 HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [InlineData("GET https://192.168.4.2/ HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [InlineData("hello\r\n\r\n", "400 Bad Request")]
    public async Task What_cannot_be_done_is_told_in_HTTP(string request, string status)
    {
        await using var demo = await StartAsync();
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", await ExchangeAsync(demo, "http", request));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("224.0.0.251")]
    [InlineData("255.255.255.255")]
    [InlineData("[::]")]
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[fe80::1]")]
    [InlineData("[ff02::fb]")]
    [InlineData("blocked.internal")]
    public async Task Where_no_host_behind_the_tunnel_can_be_is_refused_at_once(string host)
    {
        await using var demo = await StartAsync();
        var answer = await ExchangeAsync(demo, "http", $"CONNECT {host}:80 HTTP/1.1\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", answer);
        Assert.Matches("No host behind the tunnel has the address|is this machine, not one behind the tunnel", answer);
        var name = Encoding.Latin1.GetBytes(host.Trim('[', ']'));
        byte[] request = [5, 1, 0, 5, 1, 0, 3, (byte)name.Length, .. name, 0, 80];
        var reply = await DemoGateway.ExchangeAsync(Source(demo, "socks5"), request);
        Assert.Equal("\x5\0\x5\x4\0\x1\0\0\0\0\0\0", reply);
    }

    [Theory]
    [InlineData("169.254.7.1", "169.254.7.2", false)]
    [InlineData("fe80::1", "fe80::2", false)]
    [InlineData("10.0.0.1", "169.254.7.2", true)]
    [InlineData("fd00::1", "fe80::2", true)]
    public void Addresses_of_a_link_are_behind_a_tunnel_that_is_one(string ours, string theirs, bool isUnforwardable) =>
        Assert.Equal(isUnforwardable, Unforwardable.Is(IPAddress.Parse(theirs), [IPAddress.Parse(ours)]));

    [Theory]
    [InlineData("CONNECT [fe80::1%25eth0]:80 HTTP/1.1\r\n\r\n", "[fe80::1%25eth0]:80: fe80::1%25eth0 has a zone, ")]
    [InlineData("CONNECT [fe80::1%251]:80 HTTP/1.1\r\n\r\n", "[fe80::1%251]:80: fe80::1%251 has a zone, ")]
    [InlineData("GET http://[fe80::1%25eth0]/ HTTP/1.1\r\n\r\n", "[fe80::1%25eth0]:80: fe80::1%25eth0 has a zone, ")]
    [InlineData("CONNECT localhost:80 HTTP/1.1\r\n\r\n", "localhost:80: localhost is this machine, ")]
    public async Task A_host_that_is_none_in_any_tunnel_is_looked_up_nowhere_and_the_client_is_told(string request, string reason)
    {
        var asked = new List<string>();
        await using var demo = await DemoGateway.StartAsync(
            new ServiceConfiguration { Proxies = [new(ProxyKind.Socks5Alone, AnyPort), new(ProxyKind.HttpAlone, AnyPort)] },
            machine: new Machine
            {
                Resolve = (name, _) =>
                {
                    asked.Add(name);
                    return Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound));
                },
            });
        var answer = await ExchangeAsync(demo, "http", request);
        Assert.StartsWith("HTTP/1.1 502 Bad Gateway\r\n", answer);
        Assert.Contains($"The proxy cannot reach {reason}", answer);
        Assert.Empty(asked);
    }

    [Theory]
    // No acceptable method
    [InlineData("05 01 02", "05 FF")]
    [InlineData("05 00", "05 FF")]
    // BIND, an unknown type of address, a closed port, a name without address, a family we have no address of
    [InlineData("05 01 00 05 02 00 01 C0 A8 04 02 00 50", "05 00 05 07 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 09", "05 00 05 08 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 01 C0 A8 04 02 00 51", "05 00 05 05 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 03 01 78 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 04 FD 00 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 50", "05 00 05 03 00 01 00 00 00 00 00 00")]
    // The machine itself
    [InlineData("05 01 00 05 01 00 01 7F 00 00 01 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    // An address as text, in brackets
    [InlineData("05 01 00 05 01 00 03 09 5B 66 64 30 30 3A 3A 31 5D 00 50", "05 00 05 03 00 01 00 00 00 00 00 00")]
    // As text with a zone: fe80::1%eth0, fe80::1%1, [fe80::1%eth0]
    [InlineData("05 01 00 05 01 00 03 0C 66 65 38 30 3A 3A 31 25 65 74 68 30 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 03 09 66 65 38 30 3A 3A 31 25 31 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 03 0E 5B 66 65 38 30 3A 3A 31 25 65 74 68 30 5D 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    // Names that would write lines of their own into the log, and none
    [InlineData("05 01 00 05 01 00 03 03 61 0A 62 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    [InlineData("05 01 00 05 01 00 03 00 00 50", "05 00 05 04 00 01 00 00 00 00 00 00")]
    public async Task What_cannot_be_done_is_told_in_SOCKS(string request, string reply)
    {
        await using var demo = await StartAsync();
        var answer = await DemoGateway.ExchangeAsync(Source(demo, "socks5"), Hex(request));
        Assert.Equal(reply, Convert.ToHexString(Encoding.Latin1.GetBytes(answer)).Chunk(2).Aggregate("", (a, b) => $"{a} {new string(b)}").Trim());
    }

    [Fact]
    public async Task Who_speaks_something_else_is_reset()
    {
        await using var demo = await StartAsync();
        await Assert.ThrowsAsync<IOException>(() => ExchangeAsync(demo, "socks5", "GET / HTTP/1.1\r\n\r\n"));
    }

    [Fact]
    public async Task What_is_carried_is_counted()
    {
        await using var demo = await StartAsync();
        using var client = Client(demo, "socks5", null);
        await client.GetStringAsync(new Uri("http://192.168.4.2/"), Cancellation);
        await ExchangeAsync(demo, "http", "CONNECT 192.168.4.2:81 HTTP/1.1\r\n\r\n");
        var (socks, http) = (demo.Gateway.Services.Proxies[0].Traffic, demo.Gateway.Services.Proxies[1].Traffic);
        Assert.Equal((1, 0), (socks.Started, socks.Failed));
        // A moment after the client has it
        Assert.True(SpinWait.SpinUntil(() => socks.BytesDown > 400, TimeSpan.FromSeconds(10)));
        Assert.Equal((0, 1), (http.Started, http.Failed));
    }

    [Theory]
    [InlineData("ann:pw", true)]
    [InlineData("ann:p:w", true)]
    [InlineData("ann", false)]
    [InlineData("ann:", false)]
    [InlineData(":pw", false)]
    public void Credentials_are_user_and_password(string text, bool isRight) =>
        Assert.Equal(isRight, ProxyCredentials.TryParse(text, out _));

    private static Task<DemoGateway> StartAsync(ProxyCredentials? credentials = null) => DemoGateway.StartAsync(
        new ServiceConfiguration
        {
            Proxies = [new(ProxyKind.Socks5Alone, AnyPort, credentials), new(ProxyKind.HttpAlone, AnyPort, credentials)],
        },
        machine: new Machine
        {
            Resolve = (name, _) => name switch
            {
                "demo.internal" => Task.FromResult(new[] { IPAddress.Parse("fd00::1"), DemoPeer.Page.Address }),
                "blocked.internal" => Task.FromResult(new[] { IPAddress.Any, IPAddress.IPv6Any }),
                "this.internal" => Task.FromResult(new[] { IPAddress.Parse("127.0.1.1") }),
                _ => Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound)),
            },
        });

    private static EndPoint Source(DemoGateway demo, string scheme) => demo.Gateway.Services.Proxies[scheme == "http" ? 1 : 0].Source;

    private static HttpClient Client(DemoGateway demo, string scheme, ICredentials? credentials) => new(
        new SocketsHttpHandler { Proxy = new WebProxy(new Uri($"{scheme}://{Source(demo, scheme)}")) { Credentials = credentials } });

    private static Task<string> ExchangeAsync(DemoGateway demo, string scheme, string request) =>
        DemoGateway.ExchangeAsync(Source(demo, scheme), Encoding.Latin1.GetBytes(request));

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", ""));
}
