using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ShutdownTests
{
    [Fact]
    public async Task A_connection_that_is_reset_at_the_end_is_told_so_and_blamed_on_nobody()
    {
        var log = new TestLog();
        await using var client = await LocalPair.CreateAsync();
        using var connections = new ConnectionSet(new Traffic(), new TcpLimits(), log);
        var relay = connections.RelayAsync(client.Connection, new TestEnd(), 1234);
        await connections.DrainAsync(new CancellationToken(canceled: true));
        await relay;
        Assert.Equal(["[[1234:TCP]] Connection ended with its forward (0 bytes up, 0 down)"], log.Lines);
    }

    [Fact]
    public async Task A_connection_whose_client_has_ended_is_reset_all_the_same()
    {
        var log = new TestLog();
        await using var client = await LocalPair.CreateAsync();
        await using var server = new TestEnd();
        using var connections = new ConnectionSet(new Traffic(), new TcpLimits(), log);
        connections.Begin(null);
        var relay = connections.RelayAsync(client.Connection, server, 1234);
        client.Peer.Shutdown(SocketShutdown.Send);
        Assert.Empty(await server.ReadSentAsync());
        var draining = connections.DrainAsync(new CancellationToken(canceled: true));
        await relay;
        Assert.True(server.IsAborted);
        Assert.False(draining.IsCompleted);
        connections.End();
        await draining;
    }

    [Fact]
    public async Task SIGTERM_ends_a_process_that_waits_for_the_reader_of_its_capture()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no FIFOs");
        var cancellation = TestContext.Current.CancellationToken;
        var directory = Directory.CreateTempSubdirectory("onetun");
        var capture = Path.Combine(directory.FullName, "wg.pcap");
        var socket = Path.Combine(directory.FullName, "page.sock");
        await RunAsync("mkfifo", capture);
        using var onetun = Process.Start(Path.Combine(AppContext.BaseDirectory, "onetun"),
        [
            "--private-key", TestMachine.PrivateKey, "--endpoint-public-key", TestMachine.EndpointKey, "--endpoint-addr", "127.0.0.1:9",
            "--source-peer-ip", "192.168.4.3", "--shutdown-timeout", "2", "--pcap", capture, $"unix:{socket}:192.168.4.2:80",
        ]);
        try
        {
            // Bound behind the signals and before the capture
            WaitForFile(socket, onetun);

            await RunAsync("kill", "-s", "TERM", onetun.Id.ToString(CultureInfo.InvariantCulture));
            await onetun.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(20), cancellation);
            Assert.Equal(0, onetun.ExitCode);
        }
        finally
        {
            onetun.Kill();
            directory.Delete(recursive: true);
        }

        async Task RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(program, arguments);
            await process.WaitForExitAsync(cancellation);
        }
    }

    [Fact]
    public async Task Closing_its_terminal_ends_a_process_with_a_file_and_lets_it_close_its_forwards()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "There is no script(1), which makes a terminal.");
        var cancellation = TestContext.Current.CancellationToken;
        var directory = Directory.CreateTempSubdirectory("onetun");
        var socket = Path.Combine(directory.FullName, "page.sock");
        var configuration = Path.Combine(directory.FullName, "wg0.conf");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}
            Address = 192.168.4.3/32
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            Endpoint = 127.0.0.1:9
            AllowedIPs = 192.168.4.0/24
            """,
            cancellation);
        var onetun = Path.Combine(AppContext.BaseDirectory, "onetun");
        using var terminal = Process.Start(
            "script", ["-qefc", $"exec {onetun} --config {configuration} unix:{socket}:192.168.4.2:80", "/dev/null"]);
        try
        {
            WaitForFile(socket, terminal);

            // The side of the terminal that a window has: what runs in it is not signalled by us
            terminal.Kill();
            // A socket in a file system goes with who closes it, not with who is killed
            Assert.True(SpinWait.SpinUntil(() => !File.Exists(socket), TimeSpan.FromSeconds(30)));
        }
        finally
        {
            terminal.Kill();
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_connection_that_its_client_breaks_is_blamed_on_the_client()
    {
        var log = new TestLog();
        await using var client = await LocalPair.CreateAsync();
        using var connections = new ConnectionSet(new Traffic(), new TcpLimits(), log);
        var relay = connections.RelayAsync(client.Connection, new TestEnd(), 1234);
        LocalConnection.Reset(client.Peer);
        await relay;
        Assert.StartsWith("[[1234:TCP]] Connection broken by client: ", Assert.Single(log.Lines));
    }

    private static void WaitForFile(string path, Process process)
    {
        Assert.True(SpinWait.SpinUntil(() => File.Exists(path) || process.HasExited, TimeSpan.FromSeconds(60)));
        Assert.False(process.HasExited);
    }
}
