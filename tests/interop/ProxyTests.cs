namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class ProxyTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
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
}
