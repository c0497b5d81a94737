namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class ProxyTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Theory]
    [InlineData("--socks5", "--socks5-hostname")]
    [InlineData("--http-proxy", "--proxy")]
    [InlineData("--http-proxy", "--proxytunnel", "--proxy")]
    public async Task Curl_fetches_a_page_by_a_name_known_only_inside(string proxy, params string[] curlOptions)
    {
        Tool.SkipUnlessInstalled("curl");
        var port = FreePort.Tcp();
        await StartAsync([], [proxy, $"{port}", "--dns", $"{WireGuardPeer.Address}"]);

        var (exitCode, page, error) = await Tool.RunAsync(
            "curl",
            [
                "--disable", "--silent", "--show-error", "--fail", "--noproxy", "", "--max-time", "30",
                .. curlOptions, $"127.0.0.1:{port}", $"http://{WireGuardPeer.Name}/",
            ]);

        Assert.True(exitCode == 0, $"curl: {exitCode} {error}");
        Assert.StartsWith("Hello", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http")]
    [InlineData("socks5")]
    public async Task A_browser_shows_a_page_by_a_name_known_only_inside(string scheme)
    {
        Tool.SkipUnlessInstalled("chromium");
        var port = FreePort.Tcp();
        await StartAsync([], ["--proxy", $"{port}", "--dns", $"{WireGuardPeer.Address}"]);

        var (exitCode, page, error) = await Tool.RunAsync(
            "chromium",
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
            "--disable-background-networking", "--disable-component-update",
            $"--user-data-dir={Path.Combine(Peer.Keys.FullName, $"browser-{scheme}")}",
            $"--proxy-server={scheme}://127.0.0.1:{port}", "--dump-dom", $"http://{WireGuardPeer.Name}/").WaitAsync(Limit, Cancellation);

        Assert.True(exitCode == 0, $"chromium: {exitCode} {error}");
        Assert.Contains("Hello", page);
    }
}
