using System.Diagnostics;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Capture.Tests;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Wireshark;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What Wireshark asks, and what it is answered (extcap(4)).</summary>
public sealed class ExtcapTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TestMachine _machine = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("onetun");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public ExtcapTests() => _machine.Variables["XDG_RUNTIME_DIR"] = _directory.FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static string Interface => ExtcapInterface.NameOf(Environment.ProcessId);

    private string Pipe => Path.Combine(_directory.FullName, "pipe");

    public void Dispose()
    {
        _directory.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_running_process_is_an_interface()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        Assert.Equal(0, await RunAsync("--extcap-interfaces", "--extcap-version=4.2"));
        var process = Environment.ProcessId;
        Assert.Equal(
            [
                $"extcap {{version={StatusSource.Version}}}{{help=https://www.tcpdump.org/manpages/pcap-filter.7.html}}{{display=onetun}}",
                $"interface {{value=onetun-{process}}}{{display=onetun: {demo.Gateway.Sources[0]} to 192.168.4.2:80, process {process}}}",
            ],
            Lines());
    }

    [Fact]
    public async Task Without_a_process_there_is_no_interface_and_no_fault()
    {
        Assert.Equal(0, await RunAsync("--extcap-interfaces"));
        Assert.StartsWith("extcap {version=", Assert.Single(Lines()));
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task A_process_that_does_not_answer_is_left_out()
    {
        var sockets = ControlDirectory.Candidates(_machine.Machine)[0];
        ControlDirectory.Create(sockets);
        using var silent = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        silent.Bind(new UnixDomainSocketEndPoint(Path.Combine(sockets, "1.sock")));
        silent.Listen();
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        Assert.Equal(0, await RunAsync("--extcap-interfaces"));
        Assert.Single(Lines(), line => line.StartsWith("interface ", StringComparison.Ordinal));
        Assert.Empty(_error.ToString());
    }

    [Theory]
    [InlineData("wg0.conf", true, "onetun: wg0.conf, process 7")]
    [InlineData(null, true, "onetun: 127.0.0.1:1 to h:2, process 7")]
    [InlineData(null, false, "onetun, process 7")]
    public void An_interface_is_known_by_its_file_or_its_first_forward(string? file, bool forwards, string display)
    {
        var forward = new ForwardStatus("TCP", "127.0.0.1:1", "h:2", 0, 0, 0, 0, 0);
        Assert.Equal(display, ExtcapInterface.DisplayOf(
            new ProcessStatus(7, "1", DateTime.UnixEpoch, 1, "", [], 0, [], forwards ? [forward] : []) { Configuration = file }));
    }

    [Fact]
    public void What_would_end_a_value_is_replaced() => Assert.Equal(
        "interface {value=a}{display=(x)(y=z)?}",
        ExtcapSentence.Of("interface", ("value", "a"), ("display", "{x}{y=z}\n")));

    [Theory]
    [InlineData("onetun-4711", 4711)]
    [InlineData("onetun-", null)]
    [InlineData("onetun--1", null)]
    [InlineData("eth0", null)]
    [InlineData(null, null)]
    public void An_interface_is_of_a_process(string? name, int? process) =>
        Assert.Equal(process, ExtcapInterface.TryParse(name, out var found) ? found : null);

    [Fact]
    public async Task Packets_are_raw()
    {
        Assert.Equal(0, await RunAsync("--extcap-dlts", "--extcap-interface", Interface));
        Assert.Equal(["dlt {number=101}{name=RAW}{display=Raw IP}"], Lines());
    }

    [Fact]
    public async Task Layers_filter_and_keys_can_be_chosen_and_keys_are_neither_a_default_nor_remembered()
    {
        Assert.Equal(0, await RunAsync("--extcap-config", "--extcap-interface", Interface));
        Assert.Collection(
            Lines(),
            line => Assert.StartsWith("arg {number=0}{call=--layers}{type=selector}", line),
            line => Assert.Equal("value {arg=0}{value=both}{display=Inside and outside}{default=true}", line),
            line => Assert.StartsWith("value {arg=0}{value=inner}", line),
            line => Assert.StartsWith("value {arg=0}{value=outer}", line),
            line => Assert.StartsWith("arg {number=1}{call=--filter}{type=string}", line),
            line =>
            {
                Assert.StartsWith("arg {number=2}{call=--secrets}{type=boolflag}", line);
                Assert.EndsWith("{default=false}{save=false}", line);
            });
    }

    [Theory]
    [InlineData("tcp port 80", "")]
    [InlineData("", "")]
    [InlineData("tcp port http", "'http' is not the number of a port")]
    public async Task A_filter_is_judged_on_standard_output(string filter, string fault)
    {
        Assert.Equal(0, await RunAsync("--extcap-capture-filter", filter, "--extcap-interface", Interface));
        Assert.StartsWith(fault, _output.ToString());
        Assert.Equal(fault.Length == 0, _output.ToString().Length == 0);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task What_a_later_Wireshark_asks_besides_is_ignored()
    {
        Assert.Equal(0, await RunAsync("--extcap-dlts", "--extcap-interface", Interface, "--log-level", "noisy", "--extcap-news=1"));
        Assert.Single(Lines());
    }

    [Theory]
    [InlineData("Wireshark calls this command; give one of --install, which has it do so, and --uninstall")]
    [InlineData("'--instal' is neither --install nor --uninstall", "--instal")]
    [InlineData("Wireshark calls this command; give one of --install, which has it do so, and --uninstall", "--install", "--uninstall")]
    public async Task People_are_told_what_it_is_for(string fault, params string[] arguments)
    {
        Assert.Equal(2, await RunAsync(arguments));
        Assert.StartsWith($"Error: {fault}{Environment.NewLine}", _error.ToString());
    }

    [Theory]
    [InlineData("'eth0' is no interface of onetun", "eth0", "tcp")]
    [InlineData("Process 1 is no onetun process of this user", "onetun-1", "tcp")]
    [InlineData("Invalid filter: ", "onetun-1", "tcp and")]
    public async Task A_capture_that_cannot_be_had_is_a_line_on_standard_error(string fault, string name, string filter)
    {
        Assert.Equal(1, await RunAsync("--capture", "--extcap-interface", name, "--fifo", Pipe, "--filter", filter));
        Assert.StartsWith($"Error: {fault}", Assert.Single(_error.ToString().TrimEnd().Split('\n')));
        Assert.False(File.Exists(Pipe));
    }

    [Fact]
    public async Task A_capture_ends_as_it_should_when_told_and_both_filters_count()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var capturing = RunAsync(
            stop.Token,
            "--capture", "--extcap-interface", Interface, "--fifo", Pipe,
            "--layers", "inner", "--filter", "tcp or udp", "--extcap-capture-filter", "src host 192.168.4.3");
        await demo.FetchUntilAsync(() => File.Exists(Pipe) && new FileInfo(Pipe).Length >= 3000);
        await stop.CancelAsync();
        Assert.Equal(0, await capturing);
        var read = PcapngFile.Read(await File.ReadAllBytesAsync(Pipe, Cancellation));
        Assert.Single(read.Of(5));
        Assert.All(read.Packets, packet => Assert.Equal([192, 168, 4, 3], packet.Bytes[12..16]));
        Assert.Empty(_output.ToString());
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task A_capture_ends_when_nobody_reads_it_any_more_though_nothing_is_captured()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no FIFOs.");
        using (var made = Process.Start("mkfifo", [Pipe]))
        {
            await made.WaitForExitAsync(Cancellation);
        }

        await using var demo = await DemoGateway.StartAsync();
        await using var control = ControlSockets.Open(demo.Gateway, _machine.Machine, NullLoggerFactory.Instance);
        var capturing = Task.Run(
            () => RunAsync("--capture", "--extcap-interface", Interface, "--fifo", Pipe, "--filter", "tcp port 1"), Cancellation);
        await using (var reader = await Task.Run(() => File.OpenRead(Pipe), Cancellation))
        {
            await reader.ReadExactlyAsync(new byte[4], Cancellation);
        }

        Assert.Equal(0, await capturing.WaitAsync(Patience, Cancellation));
        Assert.Empty(_error.ToString());
    }

    private string[] Lines() => _output.ToString().TrimEnd().ReplaceLineEndings("\n").Split('\n');

    private Task<int> RunAsync(params string[] arguments) => RunAsync(Cancellation, arguments);

    private Task<int> RunAsync(CancellationToken stop, params string[] arguments) =>
        new CommandLine(_machine.Machine, TextReader.Null, _output, _error).RunAsync(["extcap", .. arguments], stop);
}
