using System.Net;
using Onetun.Forwarder.Configuration;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class WgQuickTests
{
    private const string Complete = $"""
        # the office
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}   # ours
        Address = 192.168.4.3/24, fd00::3/64
        ListenPort = 30000
        MTU = 1380
        PostUp = iptables -A FORWARD
        Table=off

        #!onetun 8080:192.168.4.2:80 [::1]:8081:[fd00::2]:80
        #!onetun --remote 8082:localhost:80:UDP

        [peer]
        publickey = {TestMachine.EndpointKey}
        PresharedKey = {TestMachine.OtherKey}
        Endpoint = 140.30.3.182:51820
        AllowedIPs = 192.168.4.0/24
        AllowedIPs = fd00::7/64,10.1.2.3
        PersistentKeepalive = 25
        """;

    private const string TwoPeers = $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 10.0.0.3
        #!onetun 8080:10.0.0.1:80 8081:10.0.1.1:80 8082:10.0.1.2:80
        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        Endpoint = 140.30.3.182:51820
        AllowedIPs = 10.0.0.0/8
        [Peer]
        PublicKey = {TestMachine.OtherKey}
        AllowedIPs = 10.0.1.1/32
        PersistentKeepalive = off
        """;

    private readonly TestMachine _machine = new();

    [Fact]
    public async Task A_file_as_wg_quick_takes_it_is_enough()
    {
        var (configuration, faults) = await ReadAsync(Complete);
        Assert.Empty(faults);
        var tunnel = configuration!.Tunnel;
        Assert.Equal(TestMachine.PublicKey, tunnel.PrivateKey.PublicKey.ToString());
        Assert.Equal(["192.168.4.3/24", "fd00::3/64"], tunnel.Addresses.Select(address => address.ToString()));
        Assert.Equal((IPEndPoint.Parse("[::]:30000"), 1380), (tunnel.Transport.BindEndPoint, tunnel.Mtu));
        var peer = Assert.Single(tunnel.Peers);
        Assert.Equal(TestMachine.EndpointKey, peer.PublicKey.ToString());
        Assert.Equal(TestMachine.OtherKey, peer.PresharedKey?.ToBase64());
        Assert.Equal(IPEndPoint.Parse("140.30.3.182:51820"), peer.EndPoint);
        // What lies behind the prefix is cleared, as wg does
        Assert.Equal(["192.168.4.0/24", "fd00::/64", "10.1.2.3/32"], peer.AllowedIPs.Select(network => network.ToString()));
        Assert.Equal(TimeSpan.FromSeconds(25), peer.PersistentKeepalive);
        Assert.Equal(["127.0.0.1:8080", "[::1]:8081", "192.168.4.3:8082"], configuration.Forwards.Select(forward => forward.Source.ToString()));
        Assert.True(configuration.Forwards[2].IsRemote);
        Assert.Equal(["wg0.conf:7: PostUp is ignored.", "wg0.conf:8: Table is ignored."], configuration.Warnings);
    }

    [Fact]
    public async Task Options_override_the_file_and_forwards_add_up()
    {
        _machine.Variables["ONETUN_KEEP_ALIVE"] = "5";
        var (configuration, faults) = await ReadAsync(
            Complete, "--max-transmission-unit", "1400", "--endpoint-addr", "140.30.3.183:1", "--endpoint-bind-addr", "0.0.0.0:7", "9090:192.168.4.9:90");
        Assert.Empty(faults);
        var peer = configuration!.Tunnel.Peers[0];
        Assert.Equal((1400, IPEndPoint.Parse("0.0.0.0:7")), (configuration.Tunnel.Mtu, configuration.Tunnel.Transport.BindEndPoint));
        Assert.Equal((IPEndPoint.Parse("140.30.3.183:1"), TimeSpan.FromSeconds(5)), (peer.EndPoint, peer.PersistentKeepalive));
        Assert.Equal(TestMachine.EndpointKey, peer.PublicKey.ToString());
        Assert.Equal(4, configuration.Forwards.Count);
    }

    [Fact]
    public async Task Forwards_go_by_the_peer_with_the_longest_prefix_and_a_peer_may_lack_an_endpoint()
    {
        var (configuration, faults) = await ReadAsync(TwoPeers);
        Assert.Empty(faults);
        Assert.Equal(
            ["140.30.3.182:51820", "no endpoint yet", "140.30.3.182:51820"],
            configuration!.Forwards.Select(forward => configuration.Way(forward).Endpoint));
    }

    [Fact]
    public async Task A_forward_comes_from_the_address_whose_prefix_holds_its_destination()
    {
        var (configuration, faults) = await ReadAsync(
            TwoPeers.Replace("Address = 10.0.0.3", "Address = 192.168.9.3/24, 10.0.0.3/16, 10.0.1.3/24", StringComparison.Ordinal), "8083:172.16.0.1:80");
        Assert.Empty(faults);
        Assert.Equal(
            ["192.168.9.3", "10.0.0.3", "10.0.1.3", "10.0.1.3"],
            configuration!.Forwards.Select(forward => configuration.Way(forward).SourcePeer.ToString()));
    }

    [Theory]
    [InlineData("1:peer.intranet:80", "any of 2 peers")]
    [InlineData("1:11.0.0.1:80", "no peer with this address")]
    public async Task What_a_forward_goes_by_is_told_where_no_peer_is_known(string forward, string way)
    {
        var (configuration, _) = await ReadAsync(TwoPeers, forward);
        Assert.Equal(way, configuration!.Way(configuration.Forwards[0]).Endpoint);
    }

    [Fact]
    public async Task A_file_of_several_peers_cannot_be_mixed_with_one_of_the_command_line()
    {
        var (_, faults) = await ReadAsync(TwoPeers, "--endpoint-addr", "1.2.3.4:5");
        Assert.Equal(FaultKind.Usage, Assert.Single(faults).Kind);
    }

    [Theory]
    [InlineData("[Interface]\nFoo =", "wg0.conf:2: this is not Key = Value")]
    [InlineData("[Peer]\nPrivateKey = 1", "wg0.conf:2: [Peer] has no key PrivateKey")]
    [InlineData("[Peer]\nAllowedIPs =", "wg0.conf:2: Invalid AllowedIPs of [Peer] 1: it is empty, so nothing would be sent to this peer or taken from it; list the networks behind it, as in 192.168.4.0/24")]
    [InlineData("[Interface]\nH1 = 1148", "wg0.conf:2: H1 is not 1: the file is for AmneziaWG, and with this the peer does not understand WireGuard's messages; ask for a WireGuard configuration")]
    [InlineData("[Interface]\ns2=40", "wg0.conf:2: s2 is not 0: the file is for AmneziaWG, and with this the peer does not understand WireGuard's messages; ask for a WireGuard configuration")]
    [InlineData("Address = 1", "wg0.conf:1: Address is outside any section")]
    [InlineData("[Wireguard]", "wg0.conf:1: there is no section [Wireguard], only [Interface] and [Peer], and those of wireproxy")]
    [InlineData("[Peer", "wg0.conf:1: the bracket of [Peer is not closed")]
    [InlineData("#!onetun --remote", "wg0.conf:1: --remote needs a forward, as in --remote 8080:localhost:8081")]
    [InlineData("#!onetun 8080:h:80 -r", "wg0.conf:1: -r needs a forward, as in --remote 8080:localhost:8081")]
    [InlineData("[Interface]\n\nhello world", "wg0.conf:3: 'hello' is not Key = Value")]
    [InlineData("#!onetun --socks 1", "wg0.conf:1: #!onetun takes forwards and --remote, not '--socks'")]
    [InlineData("#!onetun 8080:h:80:99", "wg0.conf:1: Failed to parse port forward config: Invalid protocol specifier: 99\n  8080:h:80:99\n            ^^")]
    [InlineData("[Peer]\nAllowedIPs = 10.0.0.0/33", "wg0.conf:2: Invalid AllowedIPs of [Peer] 1: '10.0.0.0/33' is not an address with a prefix length")]
    [InlineData("[Interface]\nAddress = x/24", "wg0.conf:2: Invalid source peer IP: 'x/24' is not an IP address")]
    [InlineData("[Interface]\nMTU = x", "wg0.conf:2: Invalid MTU: 'x' is not a number between 576 and 65475")]
    [InlineData("[Interface]\nFwMark = x", "wg0.conf:2: Invalid FwMark: 'x' is neither off nor a 32-bit number such as 51820 or 0xca6c")]
    [InlineData("[Interface]\nDNS = a/b", "wg0.conf:2: Invalid DNS: 'a/b' is neither a search domain nor the IP address of a resolver, which has no port, prefix length, zone, URL or quotes around it")]
    [InlineData("[Peer]\nEndpoint = q", "wg0.conf:2: Invalid endpoint address: 'q' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820")]
    [InlineData("[Peer]\nEndpoint = nowhere.example:1", "wg0.conf:2: Invalid endpoint address: Could not lookup address nowhere.example")]
    [InlineData("[Peer]\nPersistentKeepalive = x", "wg0.conf:2: Invalid keep-alive value: 'x' is not a number between 0 and 65535 seconds")]
    [InlineData("[Peer]\nPublicKey = " + TestMachine.OtherKey + "\n[Peer]\n[Peer]\nPublicKey = " + TestMachine.OtherKey, "Invalid endpoint public key: [Peer] 1 and [Peer] 3 have the same one")]
    [InlineData("[Interface]\nListenPort = 65536", "wg0.conf:2: Invalid ListenPort: '65536' is not a number from 0 to 65535")]
    public async Task A_bad_line_is_a_fault_with_its_number(string text, string message)
    {
        var (_, faults) = await ReadAsync(text);
        Assert.Contains(message.ReplaceLineEndings(), faults.Select(fault => fault.Message));
        Assert.DoesNotContain(faults, fault => fault.Message.Contains("Failed to parse", StringComparison.Ordinal) && fault.Kind == FaultKind.Usage);
    }

    [Theory]
    [InlineData("Foo = 1", "wg0.conf:2: [Interface] has no key Foo; it is ignored.")]
    [InlineData("IncludedApplications = org.example.browser", "wg0.conf:2: IncludedApplications is ignored.")]
    [InlineData("ExcludedApplications = org.example.browser, org.example.mail", "wg0.conf:2: ExcludedApplications is ignored.")]
    [InlineData("Jc = 4", "wg0.conf:2: Jc is ignored: the junk packets of AmneziaWG are not sent.")]
    [InlineData("I1 = <b 0xc700><r 16>", "wg0.conf:2: I1 is ignored: the junk packets of AmneziaWG are not sent.")]
    // With these the messages are those of WireGuard
    [InlineData("S1 = 0", null)]
    [InlineData("H4 = 4", null)]
    // wg-quick finds one by itself
    [InlineData("MTU =", null)]
    [InlineData("DNS =", null)]
    [InlineData("Table =", null)]
    [InlineData("PostUp =", null)]
    [InlineData("Table = 1234", "wg0.conf:2: Table is ignored.")]
    public async Task Keys_of_other_clients_and_empty_ones_are_taken_as_these_take_them(string line, string? warning)
    {
        var (configuration, faults) = await ReadAsync(TwoPeers.Replace("[Interface]", $"[Interface]\n{line}", StringComparison.Ordinal));
        Assert.Empty(faults);
        Assert.Equal(warning is null ? [] : [warning], configuration!.Warnings);
        Assert.Equal(1420, configuration.Tunnel.Mtu);
    }

    [Fact]
    public async Task Blanks_within_the_names_of_sections_and_keys_do_not_count_as_with_wg()
    {
        var text = TwoPeers.Replace("[Peer]", "[ Peer\t]", StringComparison.Ordinal)
            .Replace("[Interface]", "[ Interface ] # ours", StringComparison.Ordinal)
            .Replace("AllowedIPs", "Allowed IPs", StringComparison.Ordinal);
        var (configuration, faults) = await ReadAsync(text);
        Assert.Empty(faults);
        Assert.Equal(["10.0.0.0/8", "10.0.1.1/32"], configuration!.Tunnel.Peers.SelectMany(peer => peer.AllowedIPs).Select(network => $"{network}"));
    }

    [Fact]
    public async Task A_prefix_of_two_peers_goes_to_the_last_as_with_wg_and_is_warned_of()
    {
        var text = TwoPeers.Replace("10.0.1.1/32", "10.9.9.9/8, 10.0.1.1/32", StringComparison.Ordinal);
        var (configuration, faults) = await ReadAsync(text);
        Assert.Empty(faults);
        Assert.Equal(
            ["[Peer] 1 and [Peer] 2 have the same AllowedIPs: 10.0.0.0/8. As with wg, [Peer] 2 gets what goes there, as the last to name it."],
            configuration!.Warnings);
        var output = new StringWriter();
        Commands.CheckReport.Write(output, configuration);
        Assert.Contains("TCP [127.0.0.1:8080]->[10.0.0.1:80] (via [no endpoint yet] as peer 10.0.0.3)", output.ToString());
        Assert.Contains("  allowed ips: (none)", output.ToString());
    }

    [Theory]
    [InlineData("[Interface]\nPrivateKey: " + TestMachine.PrivateKey)]
    [InlineData("[Interface]\nPrivateKey " + TestMachine.PrivateKey)]
    [InlineData("[Interface]\nPrivateKey =\n" + TestMachine.PrivateKey)]
    [InlineData("[Interface]\nPrivateKey = \n dwdtCnMYpX08FsFyUb")]
    [InlineData(TestMachine.PrivateKey)]
    [InlineData("#!onetun " + TestMachine.PrivateKey)]
    public async Task A_key_in_the_wrong_place_is_not_quoted(string text)
    {
        var (_, faults) = await ReadAsync(text);
        Assert.NotEmpty(faults);
        Assert.DoesNotContain(faults, fault => fault.Message.Contains("dwdtCnMYpX08FsFyUb", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("#!onetun --bogus 3", "wg0.conf:2: #!onetun takes forwards and --remote, not '--bogus'")]
    [InlineData("#!onetun --bogus ann:secret 8080:192.168.4.2:80", "wg0.conf:2: #!onetun takes forwards and --remote, not '--bogus'")]
    [InlineData("#!onetun --bogus 8080:192.168.4.2:80", "wg0.conf:2: #!onetun takes forwards and --remote, not '--bogus'")]
    [InlineData("[Interface", "wg0.conf:2: the bracket of [Interface is not closed")]
    public async Task A_bad_line_leaves_no_second_fault_behind(string line, string message)
    {
        var (_, faults) = await ReadAsync(Complete.Replace("[Interface]", $"{line}\n[Interface]", StringComparison.Ordinal));
        Assert.Equal([message], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task Lists_may_be_parted_by_blanks_as_wg_quick_takes_them_and_off_is_in_any_case()
    {
        var text = Complete.Replace("192.168.4.3/24, fd00::3/64", "192.168.4.3/24 fd00::3/64\nDNS = 192.168.4.53\t192.168.4.54, intranet", StringComparison.Ordinal)
            .Replace("PersistentKeepalive = 25", "PersistentKeepalive = Off", StringComparison.Ordinal);
        var (configuration, faults) = await ReadAsync(text);
        Assert.Empty(faults);
        Assert.Equal(["192.168.4.3/24", "fd00::3/64"], configuration!.Tunnel.Addresses.Select(address => address.ToString()));
        Assert.Equal(["192.168.4.53", "192.168.4.54"], configuration.Dns.Select(server => server.ToString()));
        Assert.Equal(TimeSpan.Zero, configuration.Tunnel.Peers[0].PersistentKeepalive);
    }

    [Fact]
    public async Task An_address_that_is_empty_is_a_fault()
    {
        var (_, faults) = await ReadAsync("[Interface]\nAddress =");
        Assert.Contains("wg0.conf:2: Invalid source peer IP: it is empty", faults.Select(fault => fault.Message));
    }

    [Theory]
    [InlineData("10.0.0.53, fd00::53", 1)]
    [InlineData("fd00::53", 0)]
    public async Task A_resolver_of_a_file_without_our_IP_version_is_passed_over_if_another_is_left(string dns, int count)
    {
        var (configuration, faults) = await ReadAsync(TwoPeers.Replace("#!onetun", $"DNS = {dns}\n#!onetun", StringComparison.Ordinal));
        Assert.Equal(count, configuration?.Dns.Count ?? 0);
        Assert.Equal(1 - count, faults.Count);
        Assert.Equal(count, configuration?.Warnings.Count(text => text == "The resolver fd00::53 is ignored: we have no address of its IP version.") ?? 0);
    }

    [Fact]
    public async Task A_file_that_is_not_UTF_8_is_one_fault()
    {
        var (_, faults) = await ReadAsync("[\0I\0n\0t\0e\0r\0f\0a\0c\0e\0]\0\n\0");
        Assert.Equal(["Failed to read configuration file: wg0.conf is not text in UTF-8"], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_the_only_fault()
    {
        var (_, faults) = await _machine.ReadAsync("--config", "gone.conf");
        Assert.Equal(["Failed to read configuration file: Could not find file 'gone.conf'."], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task Check_says_what_would_run_and_no_secret()
    {
        _machine.Files["/etc/wg0.conf"] = Complete;
        var (output, error) = (new StringWriter(), new StringWriter());
        var line = new Commands.CommandLine(_machine.Machine, TextReader.Null, output, error);
        Assert.Equal(0, await line.RunAsync(["--config", "/etc/wg0.conf", "--check"]));
        Assert.Empty(error.ToString());
        Assert.Contains("remote UDP [192.168.4.3:8082]->[localhost:80] (via", output.ToString());
        Assert.Contains("TCP [127.0.0.1:8080]->[192.168.4.2:80] (via [140.30.3.182:51820] as peer 192.168.4.3)", output.ToString());
        Assert.Contains("preshared key: (hidden)", output.ToString());
        Assert.DoesNotContain(TestMachine.PrivateKey, output.ToString());
    }

    private Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync(string text, params string[] arguments)
    {
        _machine.Files["/etc/wg0.conf"] = text.ReplaceLineEndings("\n");
        return _machine.ReadAsync(["--config", "/etc/wg0.conf", .. arguments]);
    }
}
