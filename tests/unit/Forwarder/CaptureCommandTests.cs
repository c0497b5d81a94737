using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Capture.Tests;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Hosting;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Captures of a process that runs.</summary>
public sealed class CaptureCommandTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");
    private readonly StringWriter _error = new();

    public CaptureCommandTests() => _machine.Variables["XDG_RUNTIME_DIR"] = _directory.FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string File => Path.Combine(_directory.FullName, "wg.pcapng");

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        _error.Dispose();
    }

    [Fact]
    public async Task A_running_process_is_captured_until_there_are_enough_packets()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        var capturing = RunAsync("capture", File, "--count", "5", "--layers", "inner");
        await demo.FetchUntilAsync(() => capturing.IsCompleted);

        Assert.Equal(0, await capturing);
        var read = PcapngFile.Read(await System.IO.File.ReadAllBytesAsync(File, Cancellation));
        Assert.Equal(5, read.Packets.Count);
        Assert.Single(read.Of(1));
        Assert.Single(read.Of(5));
        Assert.Empty(read.Of(10));
        Assert.Matches(@"^[\d,]+ bytes captured to ", _error.ToString());
        Assert.True(OperatingSystem.IsWindows()
            || System.IO.File.GetUnixFileMode(File) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public async Task Told_to_stop_it_ends_the_file_as_it_should_and_the_process_goes_on()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var capturing = RunAsync(stop.Token, "capture", $"{Environment.ProcessId}", File, "--secrets", "--filter", "tcp");
        await demo.FetchUntilAsync(() => System.IO.File.Exists(File) && new FileInfo(File).Length >= 2000);
        await stop.CancelAsync();

        Assert.Equal(0, await capturing);
        var read = PcapngFile.Read(await System.IO.File.ReadAllBytesAsync(File, Cancellation));
        Assert.Equal(2, read.Of(1).Count());
        Assert.Equal(2, read.Of(5).Count());
        Assert.Contains(read.Packets, packet => packet.Interface == 0);
        Assert.Contains(read.Packets, packet => packet.Interface == 1);
        Assert.Contains("<title>onetun</title>", await demo.FetchAsync());
    }

    [Fact]
    public async Task Several_run_at_once_and_one_too_many_is_told_so()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        List<CaptureClient> clients = [];
        var request = new CaptureRequest(default, Onetun.Capture.TapLayers.Inner);
        for (var i = 0; i < 8; i++)
        {
            var (client, refusal) = await CaptureClient.StartAsync(_machine.Machine, Environment.ProcessId, request, Cancellation);
            Assert.Null(refusal);
            clients.Add(client!);
        }

        var (none, tooMany) = await CaptureClient.StartAsync(_machine.Machine, Environment.ProcessId, request, Cancellation);
        Assert.Null(none);
        Assert.Equal($"Process {Environment.ProcessId} sends no capture: 8 captures are running already", tooMany);
        clients.ForEach(client => client.Dispose());

        // Those that went made room
        using var patience = DemoGateway.Deadline();
        CaptureClient? next = null;
        while (next is null)
        {
            (next, _) = await CaptureClient.StartAsync(_machine.Machine, Environment.ProcessId, request, patience.Token);
            patience.Token.ThrowIfCancellationRequested();
        }

        next.Dispose();
    }

    [Fact]
    public async Task A_reader_that_stops_reading_does_not_hold_up_the_tunnel_or_its_end()
    {
        await using var demo = await DemoGateway.StartAsync();
        var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        var (client, _) = await CaptureClient.StartAsync(
            _machine.Machine, Environment.ProcessId, new CaptureRequest(default, Onetun.Capture.TapLayers.Inner), Cancellation);
        using (client)
        {
            for (var i = 0; i < 300; i++)
            {
                Assert.Contains("<title>onetun</title>", await demo.FetchAsync());
            }

            await control.DisposeAsync().AsTask().WaitAsync(DemoGateway.Patience, Cancellation);
        }
    }

    [Theory]
    [InlineData("{}\n", "NO ")]
    [InlineData("rubbish\n", "NO the request was not understood")]
    [InlineData("{\"format\":1,\"layers\":1,\"snapLength\":0}\n", "NO ")]
    [InlineData("{\"format\":0,\"layers\":7,\"snapLength\":9}\n", "NO ")]
    [InlineData("{\"format\":77,\"layers\":1,\"snapLength\":9,\"filter\":\"tcp and\"}\n", "NO ")]
    [InlineData("{\"format\":1,\"layers\":1,\"snapLength\":9,\"maxPackets\":-1}\n", "NO ")]
    public async Task A_request_that_makes_no_sense_is_refused_and_others_go_on(string request, string answer)
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        var path = CaptureProtocol.SocketOf(Environment.ProcessId, ControlDirectory.Places(_machine.Machine));
        using (var socket = await UnixStream.ConnectAsync(path!, Cancellation))
        {
            await socket.SendAsync(System.Text.Encoding.UTF8.GetBytes(request), Cancellation);
            using var reader = new StreamReader(new NetworkStream(socket));
            Assert.StartsWith(answer, await reader.ReadToEndAsync(Cancellation));
        }

        var (client, refusal) = await CaptureClient.StartAsync(
            _machine.Machine, Environment.ProcessId, new CaptureRequest(default, Onetun.Capture.TapLayers.Inner), Cancellation);
        Assert.Null(refusal);
        client!.Dispose();
    }

    [Fact]
    public async Task Without_a_process_it_says_so()
    {
        Assert.Equal(1, await RunAsync("capture", File));
        Assert.Equal($"Error: No onetun process of this user is running{Environment.NewLine}", _error.ToString());
        Assert.False(System.IO.File.Exists(File));
    }

    [Theory]
    [InlineData("'wg.pcap' is not the number of a process", "wg.pcap", "other")]
    [InlineData("Invalid --filter: ", "x", "--filter", "port http")]
    [InlineData("'0' is not a whole number from 1 to 2147483647", "x", "--count", "0")]
    [InlineData("'x' is not one of both|inner|outer", "x", "--layers", "x")]
    [InlineData("--secrets: inner packets are not encrypted", "x", "--layers", "inner", "--secrets")]
    public async Task Arguments_that_are_wrong_are_refused(string fault, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(["capture", .. arguments]));
        Assert.Contains(fault, _error.ToString());
    }

    private Task<int> RunAsync(params string[] arguments) => RunAsync(Cancellation, arguments);

    private Task<int> RunAsync(CancellationToken stop, params string[] arguments) =>
        new CommandLine(_machine.Machine, TextReader.Null, TextWriter.Null, _error).RunAsync(arguments, stop);
}
