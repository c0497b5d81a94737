using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Hosting;
using Onetun.Tunnel;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class StatusTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly DirectoryInfo _runtime = Directory.CreateTempSubdirectory("onetun");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public StatusTests() => _machine.Variables["XDG_RUNTIME_DIR"] = _runtime.FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Sockets => ControlDirectory.Candidates(_machine.Machine)[0];

    public void Dispose()
    {
        _runtime.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_running_process_is_shown_with_its_peers_and_forwards()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = Open(new StatusSource(demo.Gateway).Take);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        await client.GetStringAsync(new Uri($"http://{demo.Gateway.Sources[0]}/"), Cancellation);

        Assert.Equal(0, await RunAsync("status"));
        var text = _output.ToString();
        Assert.Contains($"process {Environment.ProcessId}, up ", text);
        Assert.Matches("encryption: (openssl|libsodium)\n", text);
        Assert.Contains($"peer: {demo.Gateway.Peers[0].PublicKey}", text);
        Assert.Contains($"endpoint: {demo.Gateway.Peers[0].EndPoint}", text);
        Assert.Matches(@"latest handshake: \d+ s ago", text);
        Assert.Matches(@"rate: \S+ \S+/s received, \S+ \S+/s sent", text);
        Assert.Matches($@"TCP {demo.Gateway.Sources[0]} +\d +1 +0 +\d+ B .*\n +-> 192\.168\.4\.2:80 ", text);
        Assert.Empty(_error.ToString());
    }

    [Fact]
    public async Task What_was_dropped_is_shown_with_the_reason()
    {
        var status = Status(0, 1) with { Drops = [new DropStatus("wireguard", "inbound", "replayed_packet", 3)] };
        await using var control = Open(() => status);
        Assert.Equal(0, await RunAsync("status"));
        Assert.Contains("  dropped inbound, wireguard: replayed packet: 3\n", _output.ToString());
    }

    [Fact]
    public async Task The_file_that_configures_a_process_is_named()
    {
        await using var control = Open(() => Status(0, 1) with { Configuration = "wg0.conf" });
        Assert.Equal(0, await RunAsync("status"));
        Assert.Contains("  configuration: wg0.conf\n", _output.ToString());
        Assert.Equal(0, await RunAsync("status", "--json"));
        Assert.Contains("\"configuration\":\"wg0.conf\"", _output.ToString());
    }

    [Fact]
    public async Task Json_is_one_array_of_all_processes()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = Open(new StatusSource(demo.Gateway).Take);
        Assert.Equal(0, await RunAsync("status", "--json"));
        using var json = JsonDocument.Parse(_output.ToString());
        var process = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal(Environment.ProcessId, process.GetProperty("pid").GetInt32());
        Assert.Equal(1, process.GetProperty("peers").GetArrayLength());
        var forward = process.GetProperty("forwards")[0];
        Assert.Equal("192.168.4.2:80", forward.GetProperty("remote").GetString());
        Assert.Equal(0, forward.GetProperty("bytesUpPerSecond").GetDouble());
    }

    [Fact]
    public async Task No_key_but_public_ones_leaves_the_process()
    {
        await using var demo = await DemoGateway.StartAsync();
        var status = JsonSerializer.Serialize(new StatusSource(demo.Gateway).Take(), StatusJson.Plain.ProcessStatus);
        Assert.DoesNotContain("private", status, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("preshared", status, StringComparison.OrdinalIgnoreCase);
        var key = demo.Gateway.Configuration.Tunnel.PrivateKey;
        Assert.Contains(key.PublicKey.ToString(), status);
        Assert.DoesNotContain(key.ToBase64(), status);
    }

    [Fact]
    public async Task Without_a_process_it_says_so_and_ends_with_1()
    {
        Assert.Equal(1, await RunAsync("status"));
        Assert.Equal("No onetun process of this user is running." + Environment.NewLine, _error.ToString());
        Assert.Equal(1, await RunAsync("status", "--watch"));
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task Whether_all_are_ready_is_told_by_the_exit_code()
    {
        Assert.Equal(1, await RunAsync("status", "--ready"));

        var status = Status(0, 1);
        await using var control = Open(() => status);
        Assert.Equal(1, await RunAsync("status", "--ready"));
        Assert.EndsWith("Process 7 is not ready: no peer of it has answered." + Environment.NewLine, _error.ToString());

        status = status with { Ready = true };
        Assert.Equal(0, await RunAsync("status", "--ready"));
        Assert.Empty(_output.ToString());
    }

    [Fact]
    public async Task A_process_whose_peer_can_answer_is_ready()
    {
        await using var demo = await DemoGateway.StartAsync();
        await using var control = Open(new StatusSource(demo.Gateway).Take);
        Assert.Equal(0, await RunAsync("status", "--ready"));
    }

    [Fact]
    public async Task Watching_without_a_terminal_is_a_line_a_second_until_it_is_stopped()
    {
        var (clock, looks) = (new FakeTimeProvider(), 0);
        await using var control = Open(() => Status(bytes: 1024 * looks, uptime: ++looks));
        using var stop = new CancellationTokenSource();
        var command = new StatusCommand(_machine.Machine, clock);
        var line = command.Create().Parse(["--watch"]);
        line.InvocationConfiguration.Output = new FirstLines(_output, count: 3, () => clock.Advance(TimeSpan.FromSeconds(1)), stop.Cancel);
        Assert.Equal(0, await command.RunAsync(line, stop.Token));
        Assert.Equal(
            [
                "12:00:01 process 7: handshake 30 s ago, 1 open, 2 in all, 3 failed, received 0 B (-), sent 0 B (-)",
                "12:00:02 process 7: handshake 31 s ago, 1 open, 2 in all, 3 failed, received 1.00 KiB (1.00 KiB/s), sent 0 B (0 B/s)",
                "12:00:03 process 7: handshake 32 s ago, 1 open, 2 in all, 3 failed, received 2.00 KiB (1.00 KiB/s), sent 0 B (0 B/s)",
            ],
            _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void A_rate_is_the_bytes_over_the_time_between_two_looks()
    {
        var later = StatusRates.Between(Status(bytes: 1000, uptime: 10), Status(bytes: 4000, uptime: 12));
        Assert.Equal(1500, later.Peers[0].ReceivedBytesPerSecond);
        Assert.Equal(0, later.Peers[0].SentBytesPerSecond);
        Assert.Equal(1500, later.Forwards[0].BytesDownPerSecond);
    }

    [Fact]
    public void A_process_that_took_the_number_of_an_ended_one_has_no_rate_yet() =>
        Assert.Null(StatusRates.Between(Status(bytes: 1000, uptime: 10), Status(bytes: 4000, uptime: 2)).Peers[0].ReceivedBytesPerSecond);

    [Fact]
    public void A_forward_that_is_new_has_no_rate_yet()
    {
        var earlier = Status(bytes: 1000, uptime: 10);
        var later = StatusRates.Between(earlier with { Forwards = [] }, Status(bytes: 4000, uptime: 12));
        Assert.Null(later.Forwards[0].BytesDownPerSecond);
        Assert.NotNull(later.Peers[0].ReceivedBytesPerSecond);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1268777, "1.21 MiB")]
    [InlineData(5.0e18, "4.34 EiB")]
    public void Amounts_are_in_the_units_of_wg(double bytes, string text) => Assert.Equal(text, StatusUnits.Bytes(bytes));

    [Theory]
    [InlineData(-5, "0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7500, "2 h 5 min")]
    [InlineData(187200, "2 d 4 h")]
    public void Times_have_their_two_largest_units(double seconds, string text) =>
        Assert.Equal(text, StatusUnits.Duration(TimeSpan.FromSeconds(seconds)));

    private ControlSocket Open(Func<ProcessStatus> status) => ControlSocket.Open([Sockets], status, NullLogger.Instance);

    private static ProcessStatus Status(long bytes, double uptime)
    {
        var start = new DateTime(2026, 1, 2, 12, 0, 0, DateTimeKind.Utc);
        return new ProcessStatus(
            7, "1.2.3", start.AddSeconds(uptime), uptime, "key", ["192.168.4.3"], 51820,
            [new PeerStatus("peer", null, start.AddSeconds(-29), true, 0, 0, bytes, 0)],
            [new ForwardStatus("TCP", "127.0.0.1:1", "192.168.4.2:80", 1, 2, 3, 0, bytes)]);
    }

    private Task<int> RunAsync(params string[] arguments) =>
        new CommandLine(_machine.Machine, TextReader.Null, _output, _error).RunAsync(arguments);

    /// <summary>Passes lines on; each flush is told, and the last one differently.</summary>
    private sealed class FirstLines(StringWriter output, int count, Action more, Action last) : StringWriter
    {
        public override void WriteLine(string? value) => output.WriteLine(value);

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            (--count > 0 ? more : last)();
            return Task.CompletedTask;
        }
    }
}
