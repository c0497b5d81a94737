using System.Collections.Concurrent;
using PuppeteerSharp;

namespace Onetun.Interop;

/// <summary>Debian's Chromium with an empty profile, and one page of it, of which every request and complaint is kept.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IBrowser _browser;
    private readonly DirectoryInfo _profile;
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentQueue<string> _complaints = [];

    private Browser(IBrowser browser, DirectoryInfo profile, IPage page)
    {
        _browser = browser;
        _profile = profile;
        Page = page;
    }

    public IPage Page { get; }

    /// <summary>The address of everything that was asked for.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Errors and warnings of the console, exceptions, and what a policy has refused.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    public static async Task<Browser> StartAsync()
    {
        Tool.SkipUnlessInstalled("chromium");
        var profile = Directory.CreateTempSubdirectory("onetun-browser-");
        var browser = await Puppeteer.LaunchAsync(new LaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Headless = true,
            UserDataDir = profile.FullName,
            DefaultViewport = new ViewPortOptions { Width = 1280, Height = 1000 },
            Args =
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
            ],
        });
        var started = new Browser(browser, profile, await browser.NewPageAsync());
        await started.ListenAsync();
        return started;
    }

    /// <summary>What the element that a selector finds first shows, or null if there is none.</summary>
    public Task<string?> ReadAsync(string selector) =>
        Page.EvaluateFunctionAsync<string?>("selector => document.querySelector(selector)?.innerText ?? null", selector);

    /// <summary>Waits until an element shows something.</summary>
    public Task WaitForAsync(string selector, Func<string, bool> condition, TimeSpan limit) => Eventually.TrueAsync(
        async () => await ReadAsync(selector) is { } text && condition(text), limit, $"{selector} shows what is expected");

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _profile.Delete(recursive: true);
    }

    private async Task ListenAsync()
    {
        Page.Request += (_, request) => _requests.Enqueue(request.Request.Url);
        Page.Console += (_, message) =>
        {
            if (message.Message.Type is ConsoleType.Error or ConsoleType.Warning)
            {
                _complaints.Enqueue(message.Message.Text);
            }
        };
        Page.PageError += (_, error) => _complaints.Enqueue(error.Message);
        await Page.ExposeFunctionAsync("complain", (string text) =>
        {
            _complaints.Enqueue(text);
            return true;
        });
        await Page.EvaluateExpressionOnNewDocumentAsync(
            "addEventListener('securitypolicyviolation', event => complain(`${event.violatedDirective}: ${event.blockedURI}`))");
    }
}
