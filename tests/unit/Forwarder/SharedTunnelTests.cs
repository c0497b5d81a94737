using System.Diagnostics;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Demo;
using Onetun.Interop;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Processes of one user with one key: the first has the tunnel, the next go through it.</summary>
public sealed class SharedTunnelTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private readonly List<Process> _processes = [];
    private DemoPeer _peer = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals of Unix.");
        _peer = await DemoPeer.StartAsync(_theirs, _ours.PublicKey);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }

        if (_peer is not null)
        {
            await _peer.DisposeAsync();
        }

        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Four_of_ssh_at_once_all_get_through()
    {
        List<Process> all = [.. Enumerable.Range(0, 4).Select(_ => Stdio())];
        var pages = await Task.WhenAll(all.Select(AskAsync));
        Assert.All(pages, page => Assert.Contains("<html", page));
        foreach (var process in all)
        {
            await process.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
            Assert.Equal(0, process.ExitCode);
        }
    }

    [Fact]
    public async Task The_first_of_ssh_may_end_before_the_others_that_go_through_it()
    {
        var first = Stdio("--log", "onetun::gate=info,onetun::wg=debug");
        Assert.Contains("encrypted", await ReadLineAsync(first));
        await BeginAsync(first);
        var second = Stdio();
        await BeginAsync(second);
        Assert.Contains("Incoming connection", await ReadLineAsync(first));

        // As ssh does when it ends
        first.StandardInput.Close();
        await Tool.RunAsync("kill", "-s", "HUP", $"{first.Id}");
        await first.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
        // Who reads its standard error to the end waits for nobody either
        await first.StandardError.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.False(first.HasExited);

        Assert.Contains("<html", await EndAsync(second));
        await first.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
    }

    [Fact]
    public async Task Ssh_goes_through_a_process_that_runs_already_and_a_second_one_of_those_is_refused()
    {
        var forwards = new[] { "0:192.168.4.2:80" };
        var running = Start([.. Options, .. forwards]);
        Assert.Contains("Tunneling", await ReadLineAsync(running));
        Assert.Contains("<html", await AskAsync(Stdio()));

        var second = Start([.. Options, .. forwards]);
        var reason = await second.StandardError.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.StartsWith($"Error: Process {running.Id} has a tunnel with this private key to the same peer", reason);
        await second.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.Equal(1, second.ExitCode);
        Assert.False(running.HasExited);
    }

    [Fact]
    public async Task A_server_that_closes_ends_ssh_though_its_input_stays_open()
    {
        foreach (var process in new[] { Stdio(), Stdio() })
        {
            Assert.Contains("<html", await AskWithoutEndAsync(process));
            Assert.False(process.HasExited);
        }
    }

    [Fact]
    public async Task Ssh_is_told_when_the_process_that_it_goes_through_is_killed()
    {
        var running = Start([.. Options, "0:192.168.4.2:80"]);
        Assert.Contains("Tunneling", await ReadLineAsync(running));
        var process = Stdio();
        await BeginAsync(process);
        Assert.Contains("Incoming connection", await ReadLineAsync(running));

        running.Kill();
        Assert.Contains(
            $"The connection to 192.168.4.2:80 broke: Process {running.Id}, which had the tunnel, has ended", await ReadLineAsync(process));
        await process.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.Equal(1, process.ExitCode);
    }

    // A Ctrl-C in the terminal of the first is no word of those in other terminals
    [Fact]
    public async Task Interrupting_the_first_of_ssh_ends_none_of_the_others()
    {
        var first = Stdio("--log", "onetun::gate=info,onetun::wg=debug");
        Assert.Contains("encrypted", await ReadLineAsync(first));
        await BeginAsync(first);
        var second = Stdio();
        await BeginAsync(second);
        Assert.Contains("Incoming connection", await ReadLineAsync(first));

        await Tool.RunAsync("kill", "-s", "INT", $"{first.Id}");
        await first.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.Contains("<html", await EndAsync(second));
        await first.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.Equal(1, first.ExitCode);
    }

    [Fact]
    public async Task Ssh_that_hangs_up_has_closed_its_connection_and_not_broken_it()
    {
        var running = Start([.. Options, "0:192.168.4.2:80", "--log", "info"]);
        Assert.Contains("Tunneling", await ReadLineAsync(running));
        var process = Stdio("--log", "onetun::stdio=debug");
        // Who hangs up before has no connection to close
        Assert.Contains("Connected to 192.168.4.2:80", await ReadLineAsync(process));
        Assert.Contains("Incoming connection", await ReadLineAsync(running));

        await Tool.RunAsync("kill", "-s", "HUP", $"{process.Id}");
        Assert.Contains("Connection closed by client", await ReadLineAsync(running));
        await process.WaitForExitAsync(Cancellation).WaitAsync(Limit, Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    [Fact]
    public async Task Status_shows_ssh_that_has_the_tunnel()
    {
        var process = Stdio();
        await AskWithoutEndAsync(process);
        var found = await new ProcessFinder(ControlDirectory.Candidates(new Machine())).FindAsync(Cancellation);
        Assert.Contains(found.Processes, status => status.Pid == process.Id);
    }

    private string[] Options =>
    [
        "--endpoint-public-key", $"{_theirs.PublicKey}", "--endpoint-addr", $"{_peer.EndPoint}",
        "--source-peer-ip", $"{DemoPeer.ClientAddress}",
    ];

    private static Task<string?> ReadLineAsync(Process process) =>
        process.StandardError.ReadLineAsync(Cancellation).AsTask().WaitAsync(Limit, Cancellation);

    private static async Task BeginAsync(Process process)
    {
        await process.StandardInput.WriteAsync("GET / HTTP/1.1\r\n");
        await process.StandardInput.FlushAsync(Cancellation);
    }

    private static async Task<string> EndAsync(Process process)
    {
        await process.StandardInput.WriteAsync("\r\n");
        process.StandardInput.Close();
        return await process.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
    }

    private static async Task<string> AskWithoutEndAsync(Process process)
    {
        await BeginAsync(process);
        await process.StandardInput.WriteAsync("\r\n");
        await process.StandardInput.FlushAsync(Cancellation);
        return await process.StandardOutput.ReadToEndAsync(Cancellation).WaitAsync(Limit, Cancellation);
    }

    private static async Task<string> AskAsync(Process process)
    {
        await BeginAsync(process);
        return await EndAsync(process);
    }

    private Process Stdio(params string[] more) => Start(["stdio", "192.168.4.2:80", .. Options, .. more]);

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "onetun"), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ONETUN_PRIVATE_KEY"] = _ours.ToBase64();
        var process = Process.Start(start)!;
        _processes.Add(process);
        return process;
    }
}
