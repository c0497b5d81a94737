namespace Onetun.Interop;

/// <summary>Running processes as interfaces of the real tshark: no Docker, no root, no network.</summary>
public sealed class ExtcapTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("onetun-extcap-");

    private string[] Home => [$"HOME={_home.FullName}", $"XDG_CONFIG_HOME={Path.Combine(_home.FullName, "c o n f i g")}"];

    public void Dispose() => _home.Delete(recursive: true);

    [Fact]
    public async Task Tshark_lists_every_process_and_captures_what_passes_one_of_them()
    {
        Tool.SkipUnlessInstalled("tshark");
        await SucceedAsync(Checkout.Onetun, "extcap", "--install");
        var port = FreePort.Tcp();
        using var first = StartDemo(port);
        using var second = StartDemo(0);
        await first.WaitUntilTunnelingAsync();
        await second.WaitUntilTunnelingAsync();

        // A process has half a second to answer before it is left out, which on a busy machine it needs more than once
        var interfaces = "";
        await Eventually.TrueAsync(
            async () =>
            {
                interfaces = await SucceedAsync("tshark", "-D");
                return interfaces.Contains($"onetun-{first.Id} (", StringComparison.Ordinal)
                    && interfaces.Contains($"onetun-{second.Id} (", StringComparison.Ordinal);
            },
            Limit,
            "both processes are listed");
        Assert.Matches($@"onetun-{first.Id} \(onetun: 127\.0\.0\.1:{port} to 192\.168\.4\.2:80, process {first.Id}\)", interfaces);

        var capturing = SucceedAsync("tshark", "-n", "-i", $"onetun-{first.Id}", "-f", "tcp port 80", "-c", "30", "-T", "fields",
            "-e", "frame.interface_name", "-e", "ip.src", "-e", "tcp.dstport", "-e", "wg.type");
        await FetchUntilAsync(port, capturing);
        var lines = (await capturing).TrimEnd().Split('\n');
        Assert.Equal(30, lines.Length);
        Assert.Contains("inner\t192.168.4.3\t80\t", lines);
        Assert.Contains("outer\t127.0.0.1\t\t4", lines);

        Assert.Equal(0, await first.StopAsync());
        interfaces = await SucceedAsync("tshark", "-D");
        Assert.DoesNotContain($"onetun-{first.Id} ", interfaces);
        await SucceedAsync(Checkout.Onetun, "extcap", "--uninstall");
        Assert.DoesNotContain("onetun", await SucceedAsync("tshark", "-D"));
    }

    [Fact]
    public async Task Tshark_decrypts_with_the_keys_it_is_sent_and_ends_what_captures_for_it()
    {
        Tool.SkipUnlessInstalled("tshark");
        var port = FreePort.Tcp();
        using var onetun = StartDemo(port);
        await onetun.WaitUntilTunnelingAsync();
        // Tshark has no option for them, as they are not remembered: they are asked for as Wireshark's window does
        var pipe = Path.Combine(_home.FullName, "pipe");
        await SucceedAsync("mkfifo", pipe);
        using var extcap = OnetunProcess.Start(
            ["extcap", "--capture", "--extcap-interface", $"onetun-{onetun.Id}", "--fifo", pipe, "--layers", "outer", "--secrets"]);
        var file = Path.Combine(_home.FullName, "secret.pcapng");
        var capturing = SucceedAsync("tshark", "-n", "-i", pipe, "-c", "30", "-w", file);
        // The first handshake is one of those whose keys are captured: the next would come 5 s later
        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(file) && new FileInfo(file).Length > 0), Limit, "a capture that has begun");
        await FetchUntilAsync(port, capturing);
        await capturing;
        var decrypted = await SucceedAsync("tshark", "-n", "-r", file, "-T", "fields", "-e", "wg.type", "-e", "tcp.dstport");
        Assert.Contains("4\t80", decrypted.Split('\n'));
        Assert.Equal(0, await extcap.WaitForExitAsync(Limit));
        Assert.Equal("", extcap.Log);
        Assert.Equal(0, await onetun.StopAsync());
    }

    private static OnetunProcess StartDemo(int port) => OnetunProcess.Start(["demo", "--port", $"{port}"], forwards: 1);

    private static async Task FetchUntilAsync(int port, Task condition)
    {
        var page = new Uri($"http://127.0.0.1:{port}/");
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.Contains("<html", await Traffic.Http.GetStringAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
                return condition.IsCompleted;
            },
            Limit,
            "a capture of what is fetched all the time");
    }

    private async Task<string> SucceedAsync(string name, params string[] arguments)
    {
        var (exitCode, text, error) = await Tool.RunAsync("env", [.. Home, name, .. arguments]);
        output.WriteLine($"{name} {string.Join(' ', arguments)}\n{text}{error}");
        Assert.Equal(0, exitCode);
        return text;
    }
}
