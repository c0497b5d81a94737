using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;

namespace Onetun.Forwarder.Tests;

public sealed partial class PageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static readonly ServiceConfiguration Services = new() { Metrics = new IPEndPoint(IPAddress.Loopback, 0) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("script")]
    [InlineData("style")]
    public async Task Policy_has_the_hash_of_each_part_as_it_is_sent(string element)
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var (head, body) = await GetAsync(demo, "/");
        var part = Assert.Single(Regex.Matches(body, $"<{element}>(.*?)</{element}>", RegexOptions.Singleline)).Groups[1].Value;
        Assert.True(part.Length > 1000);
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(part)));
        Assert.Contains($"; {element}-src 'sha256-{hash}';", head);
    }

    [Fact]
    public async Task Policy_allows_nothing_but_the_page_itself_and_what_it_asks_for()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var (head, _) = await GetAsync(demo, "/");
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n", head);
        var policy = Regex.Match(head, "\r\nContent-Security-Policy: ([^\r]*)\r\n").Groups[1].Value.Split("; ");
        Assert.Equal(
            [
                "base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'none'", "frame-ancestors 'none'",
                "img-src data:", "script-src 'sha256-…'", "style-src 'sha256-…'",
            ],
            policy.Select(directive => Hash().Replace(directive, "sha256-…")).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/status.json")]
    [InlineData("/metrics")]
    [InlineData("/else")]
    public async Task No_answer_is_kept_guessed_at_or_told_to_others(string path)
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var (head, _) = await GetAsync(demo, path);
        Assert.Contains("\r\nCache-Control: no-store\r\n", head);
        Assert.Contains("\r\nX-Content-Type-Options: nosniff\r\n", head);
        Assert.Contains("\r\nReferrer-Policy: no-referrer\r\n", head);
        Assert.Contains("\r\nCross-Origin-Resource-Policy: same-origin\r\n", head);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/status.json")]
    public async Task Page_is_only_read_and_only_by_address(string path)
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        Assert.StartsWith("HTTP/1.1 421 ", (await AskAsync(demo, $"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n")).Head);
        var (refused, _) = await AskAsync(demo, $"POST {path} HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 ", refused);
        Assert.Contains("\r\nAllow: GET, HEAD\r\n", refused);
        var (head, body) = await AskAsync(demo, $"HEAD {path} HTTP/1.0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Empty(body);
    }

    [Fact]
    public void Script_puts_texts_in_as_texts_and_asks_for_one_document()
    {
        var html = StatusPage.Read().Html;
        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(|Function\\(|\\sstyle=|\\son[a-z]+=", html);
        Assert.Equal(["status.json"], Regex.Matches(html, "fetch\\('([^']*)'").Select(match => match.Groups[1].Value));
        Assert.DoesNotContain("{{", html);
    }

    [Fact]
    public async Task Document_has_the_process_its_history_its_connections_and_its_log()
    {
        var ring = new LogRing(TimeProvider.System);
        await using var demo = await DemoGateway.StartAsync(Services, lines: ring);
        ring.CreateLogger("onetun").ConfigurationWarning("<b>");
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(demo.Gateway.Sources[0], Cancellation);
        Assert.True(SpinWait.SpinUntil(() => demo.Gateway.GetTcpConnections(1) is [{ State: TcpState.Established }], Patience));

        using var json = await GetStatusAsync(demo);
        var root = json.RootElement;
        Assert.Equal(Environment.ProcessId, root.GetProperty("process").GetProperty("pid").GetInt32());
        Assert.NotEqual(0, root.GetProperty("history").GetProperty("uptimeSeconds").GetArrayLength());
        var connection = root.GetProperty("connections")[0];
        Assert.Equal("192.168.4.2:80", connection.GetProperty("remote").GetString());
        Assert.InRange(connection.GetProperty("roundTripSeconds").GetDouble(), 1e-7, 60);
        Assert.Equal("established", connection.GetProperty("state").GetString());
        Assert.Equal(0, root.GetProperty("moreConnections").GetInt32());
        var line = Assert.Single(root.GetProperty("log").EnumerateArray());
        Assert.Equal(("warning", "onetun", "<b>"), (Text(line, "level"), Text(line, "target"), Text(line, "text")));

        static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Document_has_no_key_but_public_ones()
    {
        await using var demo = await DemoGateway.StartAsync(Services);
        var (_, body) = await GetAsync(demo, "/status.json");
        var key = demo.Gateway.Configuration.Tunnel.PrivateKey;
        Assert.Contains(key.PublicKey.ToString(), body);
        Assert.DoesNotContain(key.ToBase64(), body);
        Assert.DoesNotContain("private", body, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("preshared", body, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_sample_is_taken_each_second_whether_somebody_looks_or_not()
    {
        var clock = new FakeTimeProvider();
        await using var demo = await DemoGateway.StartAsync();
        await using var source = new PageSource(demo.Gateway, clock);
        for (var samples = 2; samples < 10; samples++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.True(SpinWait.SpinUntil(() => CountSamples(source) == samples, Patience), $"{samples}");
        }
    }

    private static int CountSamples(PageSource source)
    {
        using var json = JsonDocument.Parse(source.Take());
        return json.RootElement.GetProperty("history").GetProperty("uptimeSeconds").GetArrayLength();
    }

    private static async Task<JsonDocument> GetStatusAsync(DemoGateway demo)
    {
        var (head, body) = await GetAsync(demo, "/status.json");
        Assert.StartsWith("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n", head);
        return JsonDocument.Parse(body);
    }

    private static Task<(string Head, string Body)> GetAsync(DemoGateway demo, string path) => AskAsync(demo, $"GET {path} HTTP/1.0\r\n\r\n");

    private static async Task<(string Head, string Body)> AskAsync(DemoGateway demo, string request)
    {
        var answer = await DemoGateway.ExchangeAsync(demo.Gateway.Services.Metrics!, Encoding.ASCII.GetBytes(request));
        var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        return (answer[..end], Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(answer[end..])));
    }

    [GeneratedRegex("sha256-[A-Za-z0-9+/]{43}=")]
    private static partial Regex Hash();
}
