using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Doctor;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class DoctorTests : IDisposable
{
    private readonly TestMachine _machine = new();
    private readonly DirectoryInfo _runtime = Directory.CreateTempSubdirectory("onetun");
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public DoctorTests() => _machine.Variables["XDG_RUNTIME_DIR"] = _runtime.FullName;

    public void Dispose()
    {
        _runtime.Delete(recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Where_all_is_well_every_step_is_ok_and_it_ends_with_0()
    {
        await using var peer = await DoctorPeer.StartAsync();
        await using var listener = peer.Tunnel.ListenTcp(80);
        Assert.Equal(0, await RunAsync(peer, "8080:192.168.4.2:80"));
        var lines = Lines();
        Assert.Equal("All is well.", lines[^1]);
        Assert.All(lines[..^1], line => Assert.Matches("^(ok|note) ", line));
        string[] steps = ["clock: ", "configuration: 1 peer, 1 forward", "handshake with ", "route: 192.168.4.2", "TCP 192.168.4.2:80: open", "MTU to 192.168.4.2: "];
        Assert.All(steps, step => Assert.Contains(lines, line => line.StartsWith($"ok       {step}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_problem_comes_with_advice_and_it_ends_with_1()
    {
        await using var peer = await DoctorPeer.StartAsync();
        Assert.Equal(1, await RunAsync(peer, "8080:192.168.4.2:81"));
        var lines = Lines();
        var problem = Array.FindIndex(lines, line => line.StartsWith("problem  TCP 192.168.4.2:81: refused", StringComparison.Ordinal));
        Assert.StartsWith("         -> Check the port", lines[problem + 1]);
        Assert.Equal("Problems: 1.", lines[^1]);
    }

    [Fact]
    public async Task What_lies_behind_a_peer_without_a_session_is_not_tried()
    {
        await using var peer = await DoctorPeer.StartAsync(presharedKey: PresharedKey.Generate());
        Assert.Equal(1, await RunAsync(peer, "8080:192.168.4.2:80"));
        Assert.Contains("skipped  TCP 192.168.4.2:80: there is no session with its peer", Lines());
        Assert.Equal("Problems: 1.", Lines()[^1]);
    }

    [Fact]
    public async Task A_name_is_asked_of_the_resolver_behind_the_tunnel_and_its_address_is_tried()
    {
        await using var peer = await DoctorPeer.StartAsync();
        await using var dns = new TestDns(peer.Tunnel) { Names = { ["web.internal"] = ["192.168.4.2"] } };
        await using var listener = peer.Tunnel.ListenTcp(80);
        Assert.Equal(0, await RunAsync(peer, "8080:web.internal:80", "--dns", "192.168.4.2"));
        Assert.Contains("ok       name web.internal: 192.168.4.2", Lines());
        Assert.Contains(Lines(), line => line.StartsWith("ok       TCP 192.168.4.2:80: open", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("this machine's resolver has no address for it")]
    [InlineData("192.168.4.2, asked through the tunnel, gave no address for it", "--dns", "192.168.4.2")]
    public async Task A_name_without_an_address_is_a_problem(string problem, params string[] options)
    {
        await using var peer = await DoctorPeer.StartAsync();
        await using var dns = new TestDns(peer.Tunnel);
        Assert.Equal(1, await RunAsync(peer, ["8080:web.internal:80", .. options]));
        Assert.Contains($"problem  name web.internal: {problem}", Lines());
        Assert.Equal("Problems: 1.", Lines()[^1]);
    }

    [Fact]
    public async Task Without_a_session_no_name_is_asked_through_it()
    {
        await using var peer = await DoctorPeer.StartAsync(presharedKey: PresharedKey.Generate());
        Assert.Equal(1, await RunAsync(peer, "8080:web.internal:80", "--dns", "192.168.4.2"));
        Assert.Contains("skipped  name web.internal: there is no session to ask through", Lines());
    }

    [Fact]
    public async Task Every_fault_of_the_configuration_is_a_problem()
    {
        Assert.Equal(1, await new CommandLine(_machine.Machine, TextReader.Null, _output, _error).RunAsync(
            ["doctor", "8080:192.168.4.2:80", "--private-key", TestMachine.PrivateKey, "--source-peer-ip", "192.168.4.3",
             "--endpoint-public-key", TestMachine.PublicKey, "--endpoint-addr", "nowhere.example:51820"]));
        var lines = Lines();
        Assert.Contains("problem  Invalid endpoint address: Could not lookup address nowhere.example", lines);
        Assert.Contains(lines, line => line.Contains("-> Check the name", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("problem  ", StringComparison.Ordinal) && line.Contains("our own", StringComparison.Ordinal));
        Assert.Equal("Problems: 2.", lines[^1]);
    }

    [Fact]
    public async Task Being_stopped_is_not_a_failure()
    {
        var command = new DoctorCommand(_machine.Machine);
        using var peer = PrivateKey.Generate();
        var line = command.Create().Parse(
            ["8080:192.168.4.2:80", "--private-key", TestMachine.PrivateKey, "--source-peer-ip", "192.168.4.3",
             "--endpoint-public-key", $"{peer.PublicKey}", "--endpoint-addr", "127.0.0.1:9"]);
        line.InvocationConfiguration.Output = _output;
        Assert.Equal(0, await command.RunAsync(line, new CancellationToken(canceled: true)));
        Assert.Equal("The examination was stopped.", Lines()[^1]);
    }

    [Fact]
    public async Task Being_stopped_after_a_problem_was_found_is_a_failure()
    {
        using var stop = new CancellationTokenSource();
        var command = new DoctorCommand(_machine.Machine with
        {
            Resolve = async (_, _) =>
            {
                await stop.CancelAsync();
                throw new SocketException((int)SocketError.HostNotFound);
            },
        });
        var line = command.Create().Parse(["--endpoint-addr", "nowhere.example:51820"]);
        line.InvocationConfiguration.Output = _output;
        Assert.Equal(1, await command.RunAsync(line, stop.Token));
        Assert.StartsWith("problem ", Lines()[1]);
        Assert.Equal("The examination was stopped.", Lines()[^1]);
    }

    [Theory]
    [InlineData("2026-06-01", Verdict.Ok)]
    [InlineData("2026-05-30T12:00:00", Verdict.Ok)]
    [InlineData("2026-05-29", Verdict.Problem)]
    [InlineData("1970-01-01", Verdict.Problem)]
    public void A_clock_from_before_this_program_is_behind(string now, object verdict) => Assert.Equal(
        verdict,
        ClockCheck.Of(DateTime.Parse(now, null), new DateTime(2026, 6, 1, 0, 0, 0, DateTimeKind.Utc)).Verdict);

    [Fact]
    public void The_peer_with_the_longest_prefix_has_a_destination()
    {
        var (wide, narrow) = (Peer("10.0.0.0/8"), Peer("10.1.0.0/16"));
        using var configuration = Configuration(wide, narrow);
        Assert.Same(narrow, configuration.PeerOf(IPAddress.Parse("10.1.2.3")));
        Assert.Same(wide, configuration.PeerOf(IPAddress.Parse("10.2.2.3")));
    }

    [Theory]
    [InlineData("192.168.4.2", "192.168.4.2/32")]
    [InlineData("fd00::2", "fd00::2/128")]
    public void A_destination_in_no_AllowedIPs_is_a_problem_with_the_prefix_to_add(string destination, string prefix)
    {
        using var configuration = Configuration(Peer("10.0.0.0/8"));
        var finding = RouteCheck.Of(configuration, IPAddress.Parse(destination));
        Assert.Equal(Verdict.Problem, finding.Verdict);
        Assert.EndsWith(prefix, finding.Advice);
    }

    [Fact]
    public void A_running_process_with_our_key_is_noted()
    {
        ProcessStatus[] processes = [Process(1, "ours"), Process(2, "other")];
        var finding = Assert.Single(OtherProcessCheck.Of("ours", processes));
        Assert.Equal(Verdict.Note, finding.Verdict);
        Assert.StartsWith("process 1 ", finding.Text);
    }

    private static ProcessStatus Process(int pid, string key) => new(pid, "", default, 0, key, [], 0, [], []);

    private static ForwarderConfiguration Configuration(params PeerOptions[] peers) => new()
    {
        Tunnel = new TunnelOptions { PrivateKey = PrivateKey.Generate(), Addresses = [DoctorPeer.OurV4], Peers = peers },
        Forwards = [],
        Log = LogFilter.Info,
    };

    private static PeerOptions Peer(string allowed) =>
        new() { PublicKey = new PublicKey([1, .. new byte[31]]), AllowedIPs = [IPNetwork.Parse(allowed)] };

    private string[] Lines() => _output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private Task<int> RunAsync(DoctorPeer peer, params string[] arguments)
    {
        _machine.Files["wg0.conf"] = $"""
            [Interface]
            PrivateKey = {peer.OurKey.ToBase64()}
            Address = {DoctorPeer.OurV4}/24
            [Peer]
            PublicKey = {peer.Peer.PublicKey}
            Endpoint = {peer.Peer.EndPoint}
            AllowedIPs = 192.168.4.0/24
            """;
        return new CommandLine(_machine.Machine, TextReader.Null, _output, _error).RunAsync(["doctor", "--config", "wg0.conf", .. arguments]);
    }
}
