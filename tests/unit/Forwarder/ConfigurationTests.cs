using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class ConfigurationTests
{
    private readonly TestMachine _machine = new();

    [Fact]
    public async Task The_example_of_the_readme_is_understood_word_for_word()
    {
        var configuration = await _machine.ReadValidAsync(
            "127.0.0.1:8080:192.168.4.2:8080",
            "--endpoint-addr", "140.30.3.182:51820",
            "--endpoint-public-key", TestMachine.EndpointKey,
            "--private-key", TestMachine.PrivateKey,
            "--source-peer-ip", "192.168.4.3",
            "--keep-alive", "10");
        Assert.Equal([new ResolvedForward(Protocols.Tcp, IPEndPoint.Parse("127.0.0.1:8080"), IPEndPoint.Parse("192.168.4.2:8080"))], configuration.Forwards);
        var peer = Assert.Single(configuration.Tunnel.Peers);
        Assert.Equal(IPEndPoint.Parse("140.30.3.182:51820"), peer.EndPoint);
        Assert.Equal(TestMachine.EndpointKey, peer.PublicKey.ToString());
        Assert.Equal(TimeSpan.FromSeconds(10), peer.PersistentKeepalive);
        Assert.Null(peer.PresharedKey);
        Assert.Equal(TestMachine.PublicKey, configuration.Tunnel.PrivateKey.PublicKey.ToString());
        Assert.Equal([IPAddress.Parse("192.168.4.3")], configuration.Addresses);
        Assert.Equal(1420, configuration.Tunnel.Mtu);
        Assert.Null(configuration.Tunnel.Transport.BindEndPoint);
        Assert.Null(configuration.Capture.Path);
        Assert.Equal(TimeSpan.FromSeconds(60), configuration.Udp.IdleTimeout);
        Assert.True(configuration.Log.Allows("onetun", LogLevel.Information));
        Assert.False(configuration.Log.Allows("onetun", LogLevel.Debug));
    }

    [Fact]
    public async Task Remote_takes_one_forward_and_leaves_those_behind_it()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync("--remote", "8080:localhost:8081:TCP,UDP", "8082:192.168.4.2:80");
        Assert.Equal(
            [
                new ResolvedForward(Protocols.Tcp, IPEndPoint.Parse("127.0.0.1:8082"), IPEndPoint.Parse("192.168.4.2:80")),
                new ResolvedForward(Protocols.Udp, IPEndPoint.Parse("192.168.4.3:8080"), new NamedEndPoint("localhost", 8081), IsRemote: true),
                new ResolvedForward(Protocols.Tcp, IPEndPoint.Parse("192.168.4.3:8080"), new NamedEndPoint("localhost", 8081), IsRemote: true),
            ],
            configuration?.Forwards);
    }

    [Fact]
    public async Task Remote_with_a_star_opens_a_port_of_each_of_our_addresses()
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync("--remote", "*:8080:localhost:80", "--source-peer-ip", "192.168.4.3,fd00::3");
        Assert.Empty(faults);
        Assert.Equal(
            ["192.168.4.3:8080", "[fd00::3]:8080"],
            configuration!.Forwards.Where(forward => forward.IsRemote).Select(forward => $"{forward.Source}"));
    }

    [Fact]
    public async Task Remote_forwards_alone_and_repeated_and_from_the_environment_are_enough()
    {
        _machine.Variables["ONETUN_REMOTE_PORT_FORWARD_1"] = "192.168.4.3:8082:[::1]:8083";
        var configuration = await _machine.ReadValidAsync(
            "-r", "8080:localhost:8081", "-r", "8081:127.0.0.1:80", "--private-key", TestMachine.PrivateKey,
            "--endpoint-addr", "140.30.3.182:51820", "--endpoint-public-key", TestMachine.EndpointKey, "--source-peer-ip", "192.168.4.3");
        Assert.Equal([8080, 8081, 8082], configuration.Forwards.Select(forward => ((IPEndPoint)forward.Source).Port));
        Assert.All(configuration.Forwards, forward => Assert.True(forward.IsRemote));
    }

    [Theory]
    [InlineData(null, 25, false)]
    [InlineData("7", 7, false)]
    [InlineData("0", 0, true)]
    public async Task The_way_back_to_a_remote_forward_is_kept_open(string? given, int seconds, bool isWarnedOf)
    {
        string[] keepAlive = given is null ? [] : ["--keep-alive", given];
        var (configuration, _) = await _machine.ReadCompleteAsync(["-r", "8080:localhost:8081", .. keepAlive]);
        Assert.Equal(TimeSpan.FromSeconds(seconds), Assert.Single(configuration!.Tunnel.Peers).PersistentKeepalive);
        Assert.Equal(isWarnedOf, configuration.Warnings.Any(warning => warning.StartsWith("Without keepalives", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("TCP,UDP")]
    [InlineData("udp,tcp")]
    public async Task Both_protocols_on_one_port_are_two_forwards(string protocols)
    {
        var (configuration, _) = await _machine.ReadCompleteAsync($"8080:192.168.4.2:80:{protocols}");
        Assert.Equal([Protocols.Udp, Protocols.Tcp], configuration?.Forwards.Select(forward => forward.Protocol));
    }

    [Fact]
    public async Task Equal_forwards_are_merged_and_keep_their_order()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync(
            "8082:192.168.4.2:82", "8081:192.168.4.2:81", "8082:192.168.4.2:82", "127.0.0.1:8081:192.168.4.2:81:tcp");
        Assert.Equal([8082, 8081], configuration!.Forwards.Select(forward => ((IPEndPoint)forward.Source).Port));
    }

    [Fact]
    public async Task More_than_seven_destinations_are_fine()
    {
        var forwards = Enumerable.Range(1, 100).Select(n => $"{8000 + n}:192.168.4.{n + 3}:80").ToArray();
        var (configuration, _) = await _machine.ReadCompleteAsync(forwards);
        Assert.Equal(100, configuration?.Forwards.Count);
    }

    [Fact]
    public async Task Names_of_this_side_are_resolved_and_those_of_destinations_stay()
    {
        _machine.Names["vpn.example"] = ["2001:db8::1", "140.30.3.182"];
        var (configuration, _) = await _machine.ReadCompleteAsync(
            "localhost:8080:peer.intranet:80:TCP", "8081:192.168.4.9:1", "--endpoint-addr", "vpn.example:51820", "--endpoint-bind-addr", "0.0.0.0:0");
        Assert.Equal(IPEndPoint.Parse("127.0.0.1:8080"), configuration?.Forwards[0].Source);
        Assert.Equal(new NamedEndPoint("peer.intranet", 80), configuration?.Forwards[0].Destination);
        Assert.Equal(IPEndPoint.Parse("140.30.3.182:51820"), configuration?.Tunnel.Peers[0].EndPoint);
    }

    [Fact]
    public async Task An_address_of_each_family_can_be_ours()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync("--source-peer-ip", "192.168.4.3,fd00::3", "8080:[fd00::2]:80", "8081:192.168.4.2:80");
        Assert.Equal("192.168.4.3", configuration?.Way(configuration.Forwards[1]).SourcePeer.ToString());
        Assert.Equal("fd00::3", configuration?.Way(configuration.Forwards[0]).SourcePeer.ToString());
    }

    [Fact]
    public async Task Several_addresses_may_be_ours_and_the_option_be_given_again()
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync(
            "--source-peer-ip", "192.168.4.3/24", "--source-peer-ip", "10.0.0.3/8,10.1.0.3/16", "8080:10.1.2.3:80", "8081:10.2.2.3:80",
            "8082:192.168.5.1:80", "--dns", "192.168.4.53", "--dns", "10.0.0.53");
        Assert.Empty(faults);
        Assert.Equal(
            ["10.1.0.3", "10.0.0.3", "192.168.4.3"],
            configuration!.Forwards.Select(forward => configuration.Way(forward).SourcePeer.ToString()));
        Assert.Equal(["192.168.4.53", "10.0.0.53"], configuration.Dns.Select(server => server.ToString()));
    }

    [Theory]
    [InlineData("51820", 51820u)]
    [InlineData("0xCA6C", 51820u)]
    [InlineData("0xffffffff", uint.MaxValue)]
    [InlineData("off", 0u)]
    public async Task A_mark_and_an_interface_for_datagrams_are_read(string mark, uint value)
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync("--fwmark", mark, "--bind-interface", "wlan0");
        Assert.Empty(faults);
        Assert.Equal((value, "wlan0"), (configuration!.Tunnel.Transport.FirewallMark, configuration.Tunnel.Transport.BindInterface));
    }

    [Theory]
    [InlineData("--fwmark", "0x100000000", "Invalid --fwmark: '0x100000000' is neither off nor a 32-bit number such as 51820 or 0xca6c")]
    [InlineData("--fwmark", "-1", "Invalid --fwmark: '-1' is neither off nor a 32-bit number such as 51820 or 0xca6c")]
    [InlineData("--bind-interface", "a name", "Invalid --bind-interface: 'a name' is not the name of a network interface")]
    [InlineData("--bind-interface", "..", "Invalid --bind-interface: '..' is not the name of a network interface")]
    [InlineData("--bind-interface", "sixteen-letters-", "Invalid --bind-interface: 'sixteen-letters-' is not the name of a network interface")]
    public async Task A_mark_or_an_interface_that_cannot_be_one_is_named(string option, string value, string message)
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync(option, value);
        Assert.Null(configuration);
        Assert.Equal((FaultKind.Usage, message), (Assert.Single(faults).Kind, faults[0].Message));
    }

    [Theory]
    [InlineData(true, 0xca6cu)]
    [InlineData(false, 0u)]
    public async Task The_mark_of_a_file_counts_where_this_process_may_set_one(bool may, uint mark)
    {
        _machine.CanMark = may;
        _machine.Files["wg0.conf"] = $"[Interface]\nPrivateKey = {TestMachine.PrivateKey}\nAddress = 192.168.4.3\nFwMark = 0xca6c\n"
            + $"[Peer]\nPublicKey = {TestMachine.EndpointKey}\nEndpoint = 140.30.3.182:51820\n";
        var configuration = await _machine.ReadValidAsync("--config", "wg0.conf", "8080:192.168.4.2:80");
        Assert.Equal(mark, configuration.Tunnel.Transport.FirewallMark);
        const string warning = "FwMark is ignored: marking datagrams needs Linux and CAP_NET_ADMIN.";
        Assert.Equal(!may, configuration.Warnings.Contains(warning));
    }

    [Fact]
    public async Task A_mark_that_this_process_may_not_set_is_refused_before_the_start()
    {
        _machine.CanMark = false;
        var (_, faults) = await _machine.ReadCompleteAsync("--fwmark", "5");
        Assert.Equal("Invalid --fwmark: marking datagrams needs Linux and CAP_NET_ADMIN", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task The_default_bind_address_may_be_written_out()
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync("--endpoint-bind-addr", "[::]:0");
        Assert.Empty(faults);
        Assert.Equal(new IPEndPoint(IPAddress.IPv6Any, 0), configuration!.Tunnel.Transport.BindEndPoint);
    }

    [Theory]
    [InlineData("metrics.example.com,a_b.example,b\u00FCcher.example.", null)]
    [InlineData("http://metrics.example.com", "Invalid --metrics-host: 'http://metrics.example.com' is not a name, as in metrics.example.com")]
    [InlineData("metrics.example.com:9090", "Invalid --metrics-host: 'metrics.example.com:9090' is not a name, as in metrics.example.com")]
    [InlineData("*", "Invalid --metrics-host: '*' is not a name, as in metrics.example.com")]
    public async Task Names_by_which_the_metrics_are_asked_for_are_names(string hosts, string? fault)
    {
        var (_, faults) = await _machine.ReadCompleteAsync("8080:192.168.4.2:80", "--metrics", "9090", "--metrics-host", hosts);
        Assert.Equal(fault, faults.SingleOrDefault()?.Message);
    }

    [Fact]
    public async Task A_proxy_needs_no_forward_and_listens_on_loopback_unless_told_otherwise()
    {
        _machine.Variables["ONETUN_HTTP_PROXY"] = "[::]:3128";
        _machine.Variables["ONETUN_METRICS"] = "localhost:9090";
        var configuration = await _machine.ReadValidAsync(
            "--socks5", "1080", "--private-key", TestMachine.PrivateKey, "--endpoint-addr", "140.30.3.182:51820",
            "--endpoint-public-key", TestMachine.EndpointKey, "--source-peer-ip", "192.168.4.3");
        var services = configuration.Services;
        Assert.Equal(
            ["SOCKS5 127.0.0.1:1080", "HTTP [::]:3128"], services.Proxies.Select(proxy => $"{proxy.Kind.Name} {proxy.EndPoint}"));
        Assert.Equal("127.0.0.1:9090", services.Metrics?.ToString());
        Assert.Contains(
            "The HTTP proxy on [::]:3128 lets everyone who reaches it into the WireGuard network. Use --proxy-user.", configuration.Warnings);
        Assert.DoesNotContain(configuration.Warnings, warning => warning.Contains("SOCKS5", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--socks5", "1080", true)]
    [InlineData("--http-proxy", "3128", true)]
    [InlineData("--metrics", "9090", false)]
    [InlineData("--socks5", "1080", false, "--dns", "192.168.4.53")]
    public async Task A_proxy_without_a_resolver_tells_where_its_names_go(string flag, string value, bool isTold, params string[] more)
    {
        var (configuration, _) = await _machine.ReadCompleteAsync([flag, value, .. more]);
        const string warning = "The names that clients of a proxy ask for are looked up by this machine's resolver, outside the tunnel. "
            + "Name one inside it with --dns, or DNS in the file.";
        Assert.Equal(isTold ? 1 : 0, configuration!.Warnings.Count(text => text == warning));
    }

    [Theory]
    [InlineData("the SOCKS5 and HTTP proxy and the metrics", "--proxy", "1080", "--metrics", "1080")]
    [InlineData("the SOCKS5 proxy and the HTTP proxy", "--socks5", "1080", "--http-proxy", "127.0.0.1:1080")]
    [InlineData("the forward to 192.168.4.9:80 and the metrics", "1080:192.168.4.9:80", "--metrics", "1080")]
    public async Task A_port_that_two_listeners_want_is_a_fault(string wanted, params string[] arguments)
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync(arguments);
        Assert.Null(configuration);
        Assert.Equal($"TCP 127.0.0.1:1080 is wanted by {wanted}: give each a port of its own", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task Any_free_port_is_not_wanted_twice()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync(["--proxy", "0", "--metrics", "0"]);
        Assert.NotNull(configuration);
    }

    [Fact]
    public async Task A_key_on_the_command_line_is_warned_of()
    {
        var (configuration, _) = await _machine.ReadCompleteAsync();
        Assert.Equal(
            ["Private key was passed using CLI. This is insecure. Use \"--private-key-file <file containing private key>\", "
                + "or the \"ONETUN_PRIVATE_KEY\" env variable instead."],
            configuration?.Warnings);
    }

    [Theory]
    [InlineData("--preshared-key", TestMachine.OtherKey, "Preshared key was passed using CLI. This is insecure. Use --config <file>, or the \"ONETUN_PRESHARED_KEY\" env variable instead.")]
    [InlineData("--proxy-user", "ann:secret", "The proxy password was passed using CLI. This is insecure. Use the \"ONETUN_PROXY_USER\" env variable instead.")]
    [InlineData("--metrics", "0.0.0.0:9090", "The metrics on 0.0.0.0:9090 show the peers and forwards to everyone who reaches them.")]
    [InlineData("--metrics", "9090", null)]
    public async Task What_others_can_read_is_warned_of(string flag, string value, string? warning)
    {
        var (configuration, _) = await _machine.ReadCompleteAsync(flag, value);
        Assert.Equal(warning is null ? [] : [warning], configuration!.Warnings.Where(text => !text.StartsWith("Private key", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_key_file_is_trimmed_and_its_readers_are_warned_of()
    {
        _machine.Files["key"] = $" {TestMachine.PrivateKey}\n";
        _machine.Variables["ONETUN_PRIVATE_KEY"] = "overridden by the command line";
        _machine.FileMode = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var configuration = await _machine.ReadValidAsync(
            "8080:192.168.4.2:80", "--private-key-file", "key", "--endpoint-addr", "140.30.3.182:51820",
            "--endpoint-public-key", TestMachine.EndpointKey, "--source-peer-ip", "192.168.4.3");
        Assert.Equal(TestMachine.PublicKey, configuration.Tunnel.PrivateKey.PublicKey.ToString());
        Assert.Equal(
            ["Private key file key is group- and world-readable. This is insecure."],
            configuration.Warnings);
    }
}
