using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Diagnostics;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class MetricsTests
{
    private static readonly ServiceConfiguration Services = new() { Metrics = new IPEndPoint(IPAddress.Loopback, 0) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Metrics_are_text_that_Prometheus_reads()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await client.GetStringAsync(new Uri($"http://{demo.Gateway.Sources[0]}/"), Cancellation);
        var text = await GetAsync(demo, "/metrics");

        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n", text);
        var source = demo.Gateway.Sources[0];
        Assert.Contains(
            "# HELP onetun_forward_connections_total Connections and UDP flows.\n# TYPE onetun_forward_connections_total counter\n"
                + $"onetun_forward_connections_total{{kind=\"TCP\",source=\"{source}\",destination=\"192.168.4.2:80\"}} 1\n",
            text);
        Assert.Contains("# TYPE onetun_forward_connections_open gauge\n", text);
        Assert.Contains("# TYPE onetun_faults_total counter\nonetun_faults_total{} 0\n", text);
        Assert.Matches("onetun_peer_sent_bytes_total\\{public_key=\"[A-Za-z0-9+/=]{44}\"\\} [1-9]\\d*\n", text);
        Assert.Matches("onetun_peer_last_handshake_seconds\\{public_key=\"[A-Za-z0-9+/=]{44}\"\\} [1-9]", text);
    }

    [Fact]
    public async Task What_is_measured_can_be_listened_to_without_the_port()
    {
        await using var demo = await DemoGateway.StartAsync();
        Assert.Contains("onetun_forward_connections_total{kind=\"TCP\"", PrometheusText.Of(demo.Gateway.Meter));
    }

    [Theory]
    [InlineData("GET /livez HTTP/1.0\r\n\r\n", "200 OK", "ok\n")]
    [InlineData("GET /livez HTTP/1.1\r\n\r\n", "400 Bad Request", "This request has no Host.\n")]
    [InlineData("HEAD /livez HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "")]
    [InlineData("GET /else HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found", "There are /, /status.json, /metrics, /livez and /readyz.\n")]
    [InlineData("POST /livez HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed", "Only GET and HEAD.\n")]
    [InlineData("hello\r\n", "400 Bad Request", "This is not an HTTP request.\n")]
    [InlineData("\r\nGET /livez HTTP/9\r\n", "400 Bad Request", "This is not an HTTP request.\n")]
    [InlineData("GET /livez HTTP/1.1\r\nHost\r\n\r\n", "400 Bad Request", "This is not an HTTP request.\n")]
    public async Task Requests_are_answered(string request, string status, string body)
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var answer = await DemoGateway.ExchangeAsync(demo.Gateway.Services.Metrics!, Encoding.ASCII.GetBytes(request));
        Assert.StartsWith($"HTTP/1.1 {status}\r\n", answer);
        Assert.EndsWith($"\r\n\r\n{body}", answer);
    }

    [Theory]
    [InlineData("127.0.0.1:9090", true)]
    [InlineData("[::1]:9090", true)]
    [InlineData("LocalHost", true)]
    [InlineData("onetun-1:9090", true)]
    [InlineData("Metrics.Example.com:9090", true)]
    [InlineData("evil.example:9090", false)]
    [InlineData("metrics.example.com.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    [InlineData("127.0.0.1@evil.example", false)]
    [InlineData("metrics.example.com.", true)]
    [InlineData("xn--bcher-kva.example", true)]
    [InlineData("metrics.example.com@evil", false)]
    [InlineData("", false)]
    public async Task Only_hosts_that_no_stranger_can_own_are_admitted(string host, bool isAdmitted)
    {
        await using var demo = await DemoGateway.StartAsync(Services with { MetricsHosts = ["metrics.example.com", "b\u00FCcher.example."] });
        var answer = await DemoGateway.ExchangeAsync(
            demo.Gateway.Services.Metrics!, Encoding.ASCII.GetBytes($"GET /metrics HTTP/1.1\r\nHost: {host}\r\n\r\n"));
        Assert.StartsWith(isAdmitted ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 421 Misdirected Request\r\n", answer);
    }

    [Theory]
    [InlineData("0.0.0.0", "http://127.0.0.1:")]
    [InlineData("::", "http://[::1]:")]
    public async Task The_page_is_announced_where_a_browser_finds_it(string address, string expected)
    {
        var services = new ServiceConfiguration { Metrics = new IPEndPoint(IPAddress.Parse(address), 0) };
        await using var demo = await DemoGateway.StartAsync(services);
        Assert.StartsWith(expected, demo.Gateway.Services.Page!.ToString());
    }

    [Fact]
    public async Task Clients_that_ask_nothing_keep_nobody_from_an_answer()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        List<Socket> silent = [];
        try
        {
            for (var i = 0; i < 100; i++)
            {
                silent.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await silent[^1].ConnectAsync(demo.Gateway.Services.Metrics!, Cancellation);
            }

            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await GetAsync(demo, "/livez"));
        }
        finally
        {
            silent.ForEach(socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task A_tunnel_that_nobody_has_used_yet_is_ready()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var answer = await GetAsync(demo, "/readyz");
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", answer);
        using var json = JsonDocument.Parse(answer[answer.IndexOf('{')..]);
        Assert.True(json.RootElement.GetProperty("ready").GetBoolean());
        Assert.Equal(1, json.RootElement.GetProperty("peers").GetArrayLength());
    }

    [Fact]
    public async Task A_peer_knows_where_a_remote_forward_is_once_the_gateway_is_ready()
    {
        await using var demo = await DemoGateway.StartAsync(Services, isRemote: true);
        Assert.True(SpinWait.SpinUntil(
            () => demo.Gateway.Readiness.IsReady, TimeSpan.FromSeconds(60)));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await GetAsync(demo, "/readyz"));
        Assert.True(Assert.Single(demo.Gateway.Peers).HasSession);
    }

    [Theory]
    [InlineData(0, false, true)]
    [InlineData(1, false, true)]
    [InlineData(2, false, false)]
    [InlineData(18, false, false)]
    [InlineData(1, true, true)]
    [InlineData(2, true, false)]
    public void Not_ready_is_who_gets_no_answer_with_a_session_or_without(int attempts, bool hasSession, bool ready) =>
        Assert.Equal(ready, new Readiness([Peer(attempts, hasSession)], IsReached: false).IsReady);

    [Fact]
    public void One_peer_that_answers_is_enough() => Assert.True(new Readiness([Peer(18, false), Peer(0, true)], IsReached: false).IsReady);

    [Fact]
    public void A_peer_that_is_nowhere_yet_is_not_ready() =>
        Assert.False(new Readiness([Peer(0, false) with { EndPoint = default }], IsReached: false).IsReady);

    [Fact]
    public async Task Who_is_stopping_is_not_ready()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        await demo.Gateway.StopAsync(TimeSpan.Zero);
        var answer = await GetAsync(demo, "/readyz");
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", answer);
        Assert.Contains("\"stopping\":true", answer);
    }

    [Fact]
    public void A_tunnel_that_peers_connect_to_is_ready_from_the_first_handshake_on()
    {
        Assert.False(new Readiness([Peer(0, false)], IsReached: true).IsReady);
        Assert.True(new Readiness([Peer(0, false), Peer(0, true) with { LastHandshake = DateTime.UnixEpoch }], IsReached: true).IsReady);
    }

    private static Task<string> GetAsync(DemoGateway demo, string path) =>
        DemoGateway.ExchangeAsync(demo.Gateway.Services.Metrics!, Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\n\r\n"));

    private static PeerStatistics Peer(int attempts, bool hasSession) => new()
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, 51820),
        HandshakeAttempts = attempts,
        HasSession = hasSession,
    };
}
