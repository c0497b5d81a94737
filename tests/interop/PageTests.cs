using System.Net;
using System.Text.Json;
using PuppeteerSharp;
using PuppeteerSharp.Media;

namespace Onetun.Interop;

public sealed class PageTests(PlainPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly int _port = FreePort.Tcp();

    private string Address => $"http://127.0.0.1:{_port}/";

    [Fact]
    public async Task A_transfer_is_seen_while_it_runs()
    {
        var file = Forward.ToPeer(WireGuardPeer.HttpPort);
        await StartAsync([file], ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#state", text => text == "Live", Limit);

        await using var body = await Traffic.Http.GetStreamAsync(file.Uri(HugeFile.Name), Cancellation);
        await body.ReceiveAsync(limit: 5_000_000);

        await browser.WaitForAsync("#peers tbody td", text => text == "Connected", Limit);
        await browser.WaitForAsync("#peers tbody td:nth-child(5)", text => text.EndsWith(" ms", StringComparison.Ordinal), Limit);
        await browser.WaitForAsync("#forwards tbody td:nth-child(4)", text => text == "1", Limit);
        await browser.WaitForAsync("#forwards tbody td:nth-child(9)", text => text.EndsWith(" MiB", StringComparison.Ordinal), Limit);
        await browser.WaitForAsync("#connections tbody td:nth-child(2)", text => text == $"{file.Remote}", Limit);
        await browser.WaitForAsync("#connections tbody td:nth-child(3)", text => text == "established", Limit);
        await browser.WaitForAsync("#log tbody", text => text.Contains("Incoming connection from ", StringComparison.Ordinal), Limit);
        Assert.Contains("Received: ", await ReadLabelAsync(browser, "#throughput .chart"));

        // Opened anew, it has the time before
        await body.ReceiveAsync(limit: 10_000_000);
        await browser.Page.ReloadAsync();
        await browser.WaitForAsync("#state", text => text == "Live", Limit);
        Assert.Matches(@"Received: .* to [0-9.]+ [KMG]iB/s; Sent: ", await ReadLabelAsync(browser, "#throughput .chart"));
    }

    [Fact]
    public async Task Nothing_comes_from_elsewhere_and_a_hostile_text_is_a_text()
    {
        var path = Path.Combine(Peer.Keys.FullName, "<img src=x onerror=alert(1)>");
        string[] forward = [$"unix:{path}:{WireGuardPeer.Address}:{WireGuardPeer.EchoPort}"];
        await StartAsync([.. forward, .. WayToPeer("10.99.0.2"), "--metrics", $"{_port}"], announcements: 1);
        await using var browser = await OpenAsync();

        await browser.WaitForAsync("#forwards tbody th", text => text.EndsWith("<img src=x onerror=alert(1)>", StringComparison.Ordinal), Limit);
        await browser.WaitForAsync("#log tbody", text => text.Contains("<img", StringComparison.Ordinal), Limit);
        Assert.Equal(0, await browser.Page.EvaluateExpressionAsync<int>("document.images.length"));
        await Eventually.TrueAsync(() => Task.FromResult(browser.Requests.Count > 3), Limit, "the page asks once a second");
        Assert.Equal([Address, $"{Address}status.json"], browser.Requests.Distinct().Order());
        Assert.Empty(browser.Complaints);

        // What could be injected would not run
        await browser.Page.EvaluateExpressionAsync(
            "document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = 1' }))");
        await Eventually.TrueAsync(() => Task.FromResult(browser.Complaints.Count > 0), Limit, "the policy refuses it");
        Assert.StartsWith("onetun", await browser.Page.GetTitleAsync());
    }

    [Fact]
    public async Task It_survives_SIGHUP_and_shows_the_new_forward()
    {
        var configuration = new ConfigurationFile(Peer);
        configuration.Lines.Add($"#!onetun {Forward.ToPeer(WireGuardPeer.EchoPort)}");
        await configuration.WriteAsync();
        var onetun = await StartAsync(["--config", configuration.Path, "--metrics", $"{_port}"], announcements: 1);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#forwardsCount", text => text == "1", Limit);

        var added = Forward.ToPeer(WireGuardPeer.HttpPort);
        configuration.Lines.Add($"#!onetun {added}");
        await configuration.WriteAsync();
        await onetun.SignalAsync("HUP");
        await browser.WaitForAsync("#forwardsCount", text => text == "2", Limit);
        await browser.WaitForAsync("#forwards tbody", text => text.Contains($"{added.Local}", StringComparison.Ordinal), Limit);
        Assert.Equal("Live", await browser.ReadAsync("#state"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_peer_that_does_not_answer_is_told_of()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var nowhere = new IPEndPoint(IPAddress.Loopback, FreePort.Udp());
        await StartAsync([echo], ["--metrics", $"{_port}"], nowhere);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#peers tbody td", text => text == "Idle", Limit);

        await using var stream = await Traffic.ConnectAsync(echo);
        await browser.WaitForAsync("#notice", text => text == $"The peer does not answer: {nowhere}", Limit);
        Assert.StartsWith("No answer", await browser.ReadAsync("#peers tbody td"));
        Assert.Empty(browser.Complaints);
    }

    [Fact]
    public async Task A_onetun_that_has_gone_is_told_of_and_one_that_is_back_is_shown()
    {
        Forward[] forwards = [Forward.ToPeer(WireGuardPeer.EchoPort)];
        var onetun = await StartAsync(forwards, ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#pid", text => text == $"{onetun.Id}", Limit);

        await onetun.StopAsync();
        await browser.WaitForAsync("#notice", text => text.StartsWith("Onetun has not answered since ", StringComparison.Ordinal), Limit);
        Assert.Equal("No answer", await browser.ReadAsync("#state"));

        var next = await StartAsync(forwards, ["--metrics", $"{_port}"]);
        await browser.WaitForAsync("#pid", text => text == $"{next.Id}", Limit);
        await browser.WaitForAsync("#state", text => text == "Live", Limit);
        Assert.Equal("", await browser.ReadAsync("#notice"));
    }

    [Fact]
    public async Task Every_control_is_reached_by_keyboard_and_shows_that_it_is()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        await StartAsync([echo], ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await using var stream = await Traffic.ConnectAsync(echo);
        await browser.WaitForAsync("#connectionsCount", text => text == "1", Limit);

        List<string> reached = [];
        for (var i = 0; i < 4; i++)
        {
            await browser.Page.Keyboard.PressAsync("Tab");
            reached.Add(await browser.Page.EvaluateExpressionAsync<string>(
                "`${document.activeElement.innerText}: ${getComputedStyle(document.activeElement).outlineStyle}`"));
        }

        Assert.Equal(["Skip to the content: solid", "Pause: solid", "Local: solid", "Remote: solid"], reached);
        await browser.Page.Keyboard.PressAsync("Enter");
        Assert.Equal("ascending", await browser.Page.EvaluateExpressionAsync<string>(
            "document.activeElement.parentElement.getAttribute('aria-sort')"));
        await browser.Page.Keyboard.DownAsync("Shift");
        await browser.Page.Keyboard.PressAsync("Tab");
        await browser.Page.Keyboard.PressAsync("Tab");
        await browser.Page.Keyboard.UpAsync("Shift");
        await browser.Page.Keyboard.PressAsync("Space");
        await browser.WaitForAsync("#state", text => text == "Paused", Limit);
    }

    [Fact]
    public async Task A_page_that_nobody_sees_asks_for_nothing()
    {
        await StartAsync([Forward.ToPeer(WireGuardPeer.EchoPort)], ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#state", text => text == "Live", Limit);

        await ShowAsync(browser, isHidden: true);
        var asked = browser.Requests.Count;
        var uptime = await ReadUptimeAsync();
        await Eventually.TrueAsync(async () => await ReadUptimeAsync() >= uptime + 5, Limit, "five seconds pass");
        Assert.InRange(browser.Requests.Count, asked, asked + 1); // One may have been under way

        await ShowAsync(browser, isHidden: false);
        await Eventually.TrueAsync(() => Task.FromResult(browser.Requests.Count > asked + 3), Limit, "it asks again");
    }

    [Fact]
    public async Task Light_and_dark_are_as_the_system_is_and_can_be_read()
    {
        await StartAsync([Forward.ToPeer(WireGuardPeer.EchoPort)], ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await browser.WaitForAsync("#state", text => text == "Live", Limit);
        foreach (var scheme in new[] { "light", "dark" })
        {
            await browser.Page.EmulateMediaFeaturesAsync([new MediaFeatureValue { MediaFeature = MediaFeature.PrefersColorScheme, Value = scheme }]);
            var (text, ground) = (await ReadLuminanceAsync(browser, "color"), await ReadLuminanceAsync(browser, "backgroundColor"));
            Assert.Equal(scheme == "dark", text > ground);
            // WCAG 2.2 §1.4.6 wants 7 for text
            Assert.InRange((Math.Max(text, ground) + 0.05) / (Math.Min(text, ground) + 0.05), 7, 21);
        }
    }

    [Theory]
    [InlineData(360)]
    [InlineData(800)]
    [InlineData(2560)]
    public async Task No_width_makes_the_page_itself_scroll_sideways(int width)
    {
        await StartAsync([Forward.ToPeer(WireGuardPeer.EchoPort)], ["--metrics", $"{_port}"]);
        await using var browser = await OpenAsync();
        await browser.Page.SetViewportAsync(new ViewPortOptions { Width = width, Height = 800 });
        await browser.WaitForAsync("#state", text => text == "Live", Limit);
        Assert.InRange(await browser.Page.EvaluateExpressionAsync<int>("document.documentElement.scrollWidth"), 1, width);
    }

    private async Task<Browser> OpenAsync()
    {
        var browser = await Browser.StartAsync();
        await browser.Page.GoToAsync(Address);
        return browser;
    }

    private static Task ShowAsync(Browser browser, bool isHidden) => browser.Page.EvaluateFunctionAsync(
        """
        isHidden => {
            Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
            document.dispatchEvent(new Event('visibilitychange'));
        }
        """,
        isHidden);

    private async Task<double> ReadUptimeAsync()
    {
        using var status = JsonDocument.Parse(await Traffic.Http.GetStringAsync(new Uri($"{Address}status.json"), Cancellation));
        return status.RootElement.GetProperty("process").GetProperty("uptimeSeconds").GetDouble();
    }

    private static Task<string> ReadLabelAsync(Browser browser, string selector) => browser.Page.EvaluateFunctionAsync<string>(
        "selector => document.querySelector(selector).getAttribute('aria-label')", selector);

    /// <summary>The relative luminance of a colour of the page, as WCAG 2.2 defines it.</summary>
    private static async Task<double> ReadLuminanceAsync(Browser browser, string property)
    {
        var channels = await browser.Page.EvaluateFunctionAsync<double[]>(
            "property => getComputedStyle(document.body)[property].match(/\\d+/g).map(channel => channel / 255)", property);
        double[] linear = [.. channels.Select(one => one <= 0.04045 ? one / 12.92 : Math.Pow((one + 0.055) / 1.055, 2.4))];
        return (0.2126 * linear[0]) + (0.7152 * linear[1]) + (0.0722 * linear[2]);
    }
}
