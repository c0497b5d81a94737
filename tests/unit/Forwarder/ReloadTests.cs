using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ReloadTests : IAsyncLifetime
{
    private static readonly byte[] Request = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n");

    private readonly TestLog _log = new();
    private DemoGateway _demo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ForwarderConfiguration Configuration => _demo.Gateway.Configuration;

    public async ValueTask InitializeAsync() => _demo = await DemoGateway.StartAsync();

    public ValueTask DisposeAsync() => _demo.DisposeAsync();

    [Fact]
    public async Task A_connection_survives_a_forward_that_is_added_and_its_listener_stays()
    {
        var source = _demo.Gateway.Sources[0];
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(source, Cancellation);
        await client.SendAsync(Request.AsMemory(0, 5), Cancellation);

        var (isChanged, faults) = await ChangeAsync([.. Configuration.Forwards, Forward(AnyPort)]);
        Assert.True(isChanged);
        Assert.Empty(faults);
        Assert.Equal(source, _demo.Gateway.Sources[0]);
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(_demo.Gateway.Sources[1], Request));

        await client.SendAsync(Request.AsMemory(5), Cancellation);
        await using var stream = new NetworkStream(client);
        using var reader = new StreamReader(stream);
        Assert.Contains("<html", await reader.ReadToEndAsync(Cancellation));
    }

    [Fact]
    public async Task A_forward_that_goes_gives_its_port_up()
    {
        var source = _demo.Gateway.Sources[0];
        Assert.True((await ChangeAsync([])).IsChanged);
        Assert.Empty(_demo.Gateway.Sources);
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await Assert.ThrowsAsync<SocketException>(async () => await client.ConnectAsync(source, Cancellation));
    }

    [Fact]
    public async Task A_port_that_cannot_be_had_changes_nothing()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(AnyPort);
        taken.Listen();
        var (before, sources) = (Configuration, _demo.Gateway.Sources);
        var (isChanged, faults) = await ChangeAsync([Forward(AnyPort), Forward((IPEndPoint)taken.LocalEndPoint!)]);
        Assert.False(isChanged);
        Assert.StartsWith("Port-forward failed for ", Assert.Single(faults).Message);
        Assert.Same(before, Configuration);
        Assert.Equal(sources, _demo.Gateway.Sources);
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(sources[0], Request));
    }

    [Fact]
    public async Task A_forward_with_another_destination_takes_the_port_over()
    {
        var first = Forward(AnyPort, new IPEndPoint(DemoPeer.Page.Address, 81));
        await ChangeAsync([first]);
        var port = (IPEndPoint)_demo.Gateway.Sources[0];
        var (isChanged, faults) = await ChangeAsync([Forward(port)]);
        Assert.True(isChanged);
        Assert.Empty(faults);
        Assert.Equal([port], _demo.Gateway.Sources);
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(port, Request));
    }

    [Fact]
    public async Task A_changed_file_is_applied()
    {
        await ReloadAsync($"{File} 127.0.0.2:0:{DemoPeer.Page}");
        Assert.Equal(["Configuration reloaded: forwards 2, peers 1"], _log.Lines);
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(_demo.Gateway.Sources[1], Request));
    }

    [Fact]
    public async Task A_name_that_has_no_address_for_the_moment_refuses_no_file_that_goes_on_with_it()
    {
        await _demo.DisposeAsync();
        _demo = await DemoGateway.StartAsync(
            peerName: "vpn.example", machine: new Machine { Resolve = (_, _) => Task.FromResult(new[] { IPAddress.Loopback }) });
        await ReloadAsync($"{File} 127.0.0.2:0:{DemoPeer.Page}");
        Assert.Contains("Configuration reloaded: forwards 2, peers 1", _log.Lines);
        await ReloadAsync(File.Replace("vpn.example", "other.example", StringComparison.Ordinal));
        Assert.Contains("Could not lookup address other.example", _log.Lines.Last());
    }

    [Theory]
    [InlineData(" 8080", "8080")]
    [InlineData("\nAddress = 192.168.4.77", "Address cannot change while onetun runs: restart it for that")]
    [InlineData("\nMTU = 1280\nDNS = 10.0.0.53", "DNS cannot change while onetun runs: restart it for that; MTU cannot change")]
    public async Task A_bad_file_is_refused_in_one_line_and_the_old_one_goes_on(string added, string reason)
    {
        var before = Configuration;
        await ReloadAsync($"{File}{added}");
        var line = Assert.Single(_log.Lines);
        Assert.StartsWith("The changed configuration is refused, and the old one stays in force: ", line);
        Assert.Contains(reason, line);
        Assert.Same(before, Configuration);
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(_demo.Gateway.Sources[0], Request));
    }

    [Fact]
    public async Task A_configuration_from_standard_input_stays_in_force()
    {
        var before = Configuration;
        await ReloadAsync(File, "-");
        Assert.Equal(
            ["The changed configuration is refused, and the old one stays in force: Failed to read configuration: "
            + "standard input cannot be read again"],
            _log.Lines);
        Assert.Same(before, Configuration);
    }

    [Theory]
    [InlineData("[Interface]")]
    [InlineData("MTU =")]
    [InlineData("Endpoint =")]
    [InlineData("#!onetun")]
    [InlineData("")]
    public async Task A_bad_file_is_refused_without_a_word_of_a_key_in_it(string before)
    {
        await ReloadAsync($"{File}\n{before} {TestMachine.OtherKey}");
        Assert.DoesNotContain(TestMachine.OtherKey[..16], Assert.Single(_log.Lines));
    }

    [Fact]
    public async Task A_peer_that_goes_takes_its_routes_along_and_comes_back_with_them()
    {
        var peers = Configuration.Tunnel.Peers;
        using var stranger = PrivateKey.Generate();
        var other = peers[0] with { PublicKey = stranger.PublicKey };
        await _demo.Gateway.ChangeAsync(Configuration with { Tunnel = Configuration.Tunnel with { Peers = [other] } });
        Assert.Equal(stranger.PublicKey, Assert.Single(_demo.Gateway.Peers).PublicKey);

        await _demo.Gateway.ChangeAsync(Configuration with { Tunnel = Configuration.Tunnel with { Peers = peers } });
        Assert.Contains("<html", await DemoGateway.ExchangeAsync(_demo.Gateway.Sources[0], Request));
    }

    [Fact]
    public async Task Sessions_stay_with_our_key_and_end_with_another()
    {
        await DemoGateway.ExchangeAsync(_demo.Gateway.Sources[0], Request);
        await ChangeAsync([Forward(AnyPort)]);
        Assert.True(_demo.Gateway.Peers[0].HasSession);
        using var key = PrivateKey.Generate();
        await _demo.Gateway.ChangeAsync(Configuration with { Tunnel = Configuration.Tunnel with { PrivateKey = key } });
        Assert.False(_demo.Gateway.Peers[0].HasSession);
    }

    [Fact]
    public async Task A_peer_stays_where_it_is_while_its_name_is_the_same()
    {
        var peer = Configuration.Tunnel.Peers[0];
        var elsewhere = Configuration.Tunnel with { Peers = [peer with { EndPoint = IPEndPoint.Parse("127.0.0.9:9") }] };
        await _demo.Gateway.ChangeAsync(Named("peer.example", Configuration.Tunnel));
        await _demo.Gateway.ChangeAsync(Named("peer.example", elsewhere));
        Assert.Equal(peer.EndPoint, Configuration.Tunnel.Peers[0].EndPoint);
        Assert.Equal($"{peer.EndPoint}", $"{_demo.Gateway.Peers[0].EndPoint}");
        await _demo.Gateway.ChangeAsync(Named("other.example", elsewhere));
        Assert.Equal("127.0.0.9:9", $"{_demo.Gateway.Peers[0].EndPoint}");

        ForwarderConfiguration Named(string name, TunnelOptions tunnel) => Configuration with
        {
            Tunnel = tunnel,
            EndpointNames = new Dictionary<PublicKey, NamedEndPoint> { [peer.PublicKey] = new(name, 51820) },
        };
    }

    [Fact]
    public void What_cannot_change_while_it_runs_is_named()
    {
        var next = Configuration with
        {
            Dns = [IPAddress.Parse("10.0.0.53")],
            Services = new ServiceConfiguration { Proxies = [new(ProxyKind.Socks5Alone, IPEndPoint.Parse("127.0.0.1:1080"))] },
            Udp = new UdpLimits { IdleTimeout = TimeSpan.FromSeconds(1) },
            Tunnel = Configuration.Tunnel with
            {
                Mtu = 1280,
                Addresses = [IPAddress.Parse("10.0.0.1")],
                Transport = new UdpTransportOptions { BindEndPoint = null, FirewallMark = 51820 },
            },
        };
        Assert.Equal(
            ["Address", "ListenPort", "FwMark", "DNS", "MTU", "The SOCKS5 proxy on 127.0.0.1:1080", "InactivityTimeout"],
            next.FixedDifferences(Configuration));
        Assert.Empty(Configuration.FixedDifferences(Configuration));
    }

    private static IPEndPoint AnyPort => new(IPAddress.Loopback, 0);

    private static ResolvedForward Forward(IPEndPoint source, IPEndPoint? destination = null) =>
        // Which differs from that of the demo itself
        new(Protocols.Tcp, source.Port == 0 ? new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0) : source, destination ?? DemoPeer.Page);

    /// <summary>The configuration of the demo, as a file has it.</summary>
    private string File => $"""
        [Peer]
        PublicKey = {Configuration.Tunnel.Peers[0].PublicKey}
        Endpoint = {Configuration.EndpointNames.Values.SingleOrDefault() ?? (EndPoint)Configuration.Tunnel.Peers[0].EndPoint!}
        [Interface]
        PrivateKey = {Configuration.Tunnel.PrivateKey.ToBase64()}
        Address = {DemoPeer.ClientAddress}
        #!onetun 127.0.0.1:0:{DemoPeer.Page}
        """;

    private async Task ReloadAsync(string file, string config = "wg0.conf")
    {
        var machine = new TestMachine { Files = { ["wg0.conf"] = file } };
        var settings = machine.Parse("--config", config, "--endpoint-bind-addr", "127.0.0.1:0");
        using var signals = new HangupSignals(Terminal.Find());
        var there = machine.Machine with { ReadInput = () => file };
        using var manager = ServiceManager.Find(there);
        await using var report = new ServiceReport(manager, () => "", () => Task.CompletedTask, TimeProvider.System);
        await using var reloader = new Reloader(_demo.Gateway, settings, there, signals, report, _log);
        await reloader.ReloadAsync();
    }

    private Task<(bool IsChanged, IReadOnlyList<Fault> Faults)> ChangeAsync(IReadOnlyList<ResolvedForward> forwards) =>
        _demo.Gateway.ChangeAsync(Configuration with { Forwards = forwards });
}
