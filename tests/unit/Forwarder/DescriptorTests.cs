using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Http;
using Onetun.Forwarder.Proxies;
using Onetun.Interop;
using Onetun.Tests.Support;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>The real process under a low limit of file descriptors, to a peer in this one.</summary>
[Collection(Alone.Name), SupportedOSPlatform("linux")]
public sealed class DescriptorTests : IAsyncLifetime
{
    private const int Limit = 256;
    private const int Flood = 5000;

    // With a test's own patience for a busy machine
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"onetun-{Guid.NewGuid():N}.conf");
    private readonly Dictionary<string, IPEndPoint> _ports = [];
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private DemoPeer _peer = null!;
    private OnetunProcess _onetun = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "ulimit and prlimit of Linux.");
        _peer = await DemoPeer.StartAsync(_theirs, _ours.PublicKey);
        await using (var file = new FileStream(
            _file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead }))
        await using (var writer = new StreamWriter(file))
        {
            await writer.WriteAsync(
                $"[Interface]\nPrivateKey = {_ours.ToBase64()}\nAddress = {DemoPeer.ClientAddress}\n"
                + $"[Peer]\nPublicKey = {_theirs.PublicKey}\nEndpoint = {_peer.EndPoint}\nAllowedIPs = {DemoPeer.Page.Address}/32\n");
        }

        string[] listeners = ["forward", "socks5", "http-proxy", "metrics"];
        foreach (var (listener, port) in listeners.Zip(FreePorts(listeners.Length)))
        {
            _ports[listener] = port;
        }

        _onetun = OnetunProcess.Start(
            "bash",
            [
                "-c", $"ulimit -n {Limit}; exec \"$0\" \"$@\"", Path.Combine(AppContext.BaseDirectory, "onetun"),
                "--config", _file, "--socks5", $"{_ports["socks5"]}", "--http-proxy", $"{_ports["http-proxy"]}",
                "--metrics", $"{_ports["metrics"]}", $"{_ports["forward"]}:{DemoPeer.Page}",
            ],
            forwards: 3);
        await _onetun.WaitUntilTunnelingAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _onetun?.Dispose();
        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        File.Delete(_file);
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Floods_at_every_listener_leave_the_others_served_are_told_once_and_end()
    {
        foreach (var flooded in _ports.Keys)
        {
            List<Socket> clients = [.. Enumerable.Range(0, Flood).Select(_ => Connect(_ports[flooded]))];
            try
            {
                // A port of metrics ends those who ask nothing; the others keep as many as they may
                await WaitAsync(() => flooded == "metrics" ? clients.Count(HasEnded) > Limit : _onetun.OpenFiles >= Limit / 2 + 40);
                foreach (var other in _ports.Keys.Where(other => other != flooded))
                {
                    await ServeAsync(other);
                }

                Assert.InRange(_onetun.OpenFiles, 0, Limit - 1);
            }
            finally
            {
                clients.ForEach(client => client.Dispose());
            }

            await ServeAsync(flooded);
        }

        string[] told = [.. _onetun.Log.Split('\n').Where(line => line.Contains("file descriptors that the limit", StringComparison.Ordinal))];
        Assert.Single(told);
        Assert.DoesNotContain("Failed to accept", _onetun.Log, StringComparison.Ordinal);
        Assert.Equal(0, await _onetun.StopAsync());
    }

    [Fact]
    public async Task None_left_at_all_is_told_once_and_all_is_served_again_after()
    {
        Tool.SkipUnlessInstalled("prlimit");
        await SetLimitAsync(_onetun.OpenFiles);
        List<Socket> clients = [];
        try
        {
            clients.AddRange(_ports.Values.Select(Connect));
            await WaitAsync(() => _onetun.Log.Contains("Failed to accept", StringComparison.Ordinal));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }

        await SetLimitAsync(Limit);
        foreach (var listener in _ports.Keys)
        {
            await ServeAsync(listener);
        }

        // Without the time of each
        string[] told = [.. _onetun.Log.Split('\n').Where(line => line.Contains("Failed to accept", StringComparison.Ordinal))
            .Select(line => line[line.IndexOf("Failed", StringComparison.Ordinal)..])];
        Assert.NotEmpty(told);
        Assert.Equal(told.Distinct(), told);
    }

    private async Task SetLimitAsync(int limit)
    {
        var process = _onetun.Id.ToString(CultureInfo.InvariantCulture);
        Assert.True((await Tool.RunAsync("prlimit", "--pid", process, $"--nofile={limit}:{Limit}")).ExitCode == 0, _onetun.Log);
    }

    // All are taken before one is given up, so that none is given twice.
    private static List<IPEndPoint> FreePorts(int count)
    {
        List<Socket> sockets = [.. Enumerable.Range(0, count).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))];
        sockets.ForEach(socket => socket.Bind(new IPEndPoint(IPAddress.Loopback, 0)));
        var ports = sockets.ConvertAll(socket => (IPEndPoint)socket.LocalEndPoint!);
        sockets.ForEach(socket => socket.Dispose());
        return ports;
    }

    /// <summary>One that says nothing; beyond the backlog it is not even answered.</summary>
    private static Socket Connect(IPEndPoint listener)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            client.Connect(listener);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // It is on its way.
        }

        return client;
    }

    private static bool HasEnded(Socket client) => client.Poll(0, SelectMode.SelectRead);

    private async Task ServeAsync(string listener)
    {
        var proxy = listener switch
        {
            "http-proxy" => $"http://{_ports[listener]}",
            "socks5" => $"socks5://{_ports[listener]}",
            _ => "",
        };
        using var handler = new SocketsHttpHandler() { UseProxy = proxy.Length > 0, Proxy = proxy.Length > 0 ? new WebProxy(proxy) : null };
        using var client = new HttpClient(handler) { Timeout = Patience };
        var page = new Uri(listener switch
        {
            "forward" => $"http://{_ports[listener]}/",
            "metrics" => $"http://{_ports[listener]}/livez",
            _ => $"http://{DemoPeer.Page}/",
        });
        using var answer = await client.GetAsync(page, Cancellation);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static Task WaitAsync(Func<bool> condition) =>
        Eventually.TrueAsync(() => Task.FromResult(condition()), Patience, "what was waited for");
}
