using Onetun.Tunnel.Tests;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Files in the shapes that providers, routers and self-hosted servers give out: each runs as it is, and the library reads it alike.</summary>
public sealed class ProviderFileTests
{
    private const string Keys = $"""
        PublicKey = {TestMachine.EndpointKey}
        PresharedKey = {TestMachine.OtherKey}
        """;

    private readonly TestMachine _machine = new();

    // A kill switch in commands, and an odd way to write all of IPv6
    [Fact]
    public Task Mullvad() => AssertTakesAsync(
        $"""
        [Interface]
        # Device: Quick Fox
        PrivateKey = {TestMachine.PrivateKey}
        Address = 10.64.1.2/32,fc00:bbbb:bbbb:bb01::1:102/128
        DNS = 10.64.0.1
        PostUp  =  iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT && ip6tables -I OUTPUT ! -o %i -j REJECT
        PreDown = iptables -D OUTPUT ! -o %i -m mark ! --mark $(wg show  %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT

        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        AllowedIPs = 0.0.0.0/0,::0/0
        Endpoint = 203.0.113.1:51820
        """,
        "10.64.1.2/32 fc00:bbbb:bbbb:bb01::1:102/128",
        "10.64.0.1",
        "0.0.0.0/0 ::/0",
        "PostUp is ignored.",
        "PreDown is ignored.");

    [Fact]
    public Task Proton_with_its_settings_in_comments() => AssertTakesAsync(
        $"""
        [Interface]
        # Key for laptop
        # Bouncing = 7
        # NAT-PMP (Port Forwarding) = off
        # VPN Accelerator = on
        PrivateKey = {TestMachine.PrivateKey}
        Address = 10.2.0.2/32
        DNS = 10.2.0.1

        [Peer]
        # CH#12
        PublicKey = {TestMachine.EndpointKey}
        AllowedIPs = 0.0.0.0/0, ::/0
        Endpoint = 203.0.113.1:51820
        """,
        "10.2.0.2/32",
        "10.2.0.1",
        "0.0.0.0/0 ::/0");

    [Fact]
    public Task AirVPN_with_a_name_and_an_MTU() => AssertTakesAsync(
        $"""
        [Interface]
        Address = 10.128.0.5/32,fd7d:76ee:e68f:a993::5/128
        PrivateKey = {TestMachine.PrivateKey}
        MTU = 1320
        DNS = 10.128.0.1, fd7d:76ee:e68f:a993::1

        [Peer]
        {Keys}
        Endpoint = provider.example:1637
        AllowedIPs = 0.0.0.0/0,::/0
        PersistentKeepalive = 15
        """,
        "10.128.0.5/32 fd7d:76ee:e68f:a993::5/128",
        "10.128.0.1 fd7d:76ee:e68f:a993::1",
        "0.0.0.0/0 ::/0");

    [Fact]
    public Task Windscribe_with_the_preshared_key_last_and_the_port_of_https() => AssertTakesAsync(
        $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 100.97.12.13/32
        DNS = 10.255.255.3

        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        AllowedIPs = 0.0.0.0/0
        Endpoint = provider.example:443
        PresharedKey = {TestMachine.OtherKey}
        """,
        "100.97.12.13/32",
        "10.255.255.3",
        "0.0.0.0/0");

    [Fact]
    public Task Wgcf_with_a_line_for_each_address() => AssertTakesAsync(
        $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 172.16.0.2/32
        Address = 2606:4700:110:8a36:df92:102a:9602:fa18/128
        DNS = 1.1.1.1
        DNS = 2606:4700:4700::1111
        MTU = 1280
        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        AllowedIPs = 0.0.0.0/0
        AllowedIPs = ::/0
        Endpoint = provider.example:2408
        """,
        "172.16.0.2/32 2606:4700:110:8a36:df92:102a:9602:fa18/128",
        "1.1.1.1 2606:4700:4700::1111",
        "0.0.0.0/0 ::/0");

    [Fact]
    public Task A_FRITZBox_with_a_search_domain_among_the_resolvers() => AssertTakesAsync(
        $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 192.168.178.201/24,fd64:f2b4:e4ff::201/64
        DNS = 192.168.178.1,fd64:f2b4:e4ff::1
        DNS = fritz.box

        [Peer]
        {Keys}
        AllowedIPs = 192.168.178.0/24,0.0.0.0/0,fd64:f2b4:e4ff::/64,::/0
        Endpoint = provider.example:52345
        PersistentKeepalive = 25
        """,
        "192.168.178.201/24 fd64:f2b4:e4ff::201/64",
        "192.168.178.1 fd64:f2b4:e4ff::1 fritz.box",
        "192.168.178.0/24 0.0.0.0/0 fd64:f2b4:e4ff::/64 ::/0");

    [Fact]
    public Task Wg_easy_with_commands_that_are_empty_and_keepalives_that_are_off() => AssertTakesAsync(
        $"""

        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 10.8.0.2/24, fdcc:ad94:bacf:61a4::cafe:2/112
        MTU = 1420
        DNS = 1.1.1.1, 2606:4700:4700::1111
        PreUp =
        PostUp =
        PreDown =
        PostDown =

        [Peer]
        {Keys}
        AllowedIPs = 0.0.0.0/0, ::/0
        PersistentKeepalive = 0
        Endpoint = provider.example:51820

        """,
        "10.8.0.2/24 fdcc:ad94:bacf:61a4::cafe:2/112",
        "1.1.1.1 2606:4700:4700::1111",
        "0.0.0.0/0 ::/0");

    [Fact]
    public Task PiVPN() => AssertTakesAsync(
        $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey}
        Address = 10.6.0.2/24
        DNS = 9.9.9.9, 149.112.112.112

        [Peer]
        {Keys}
        Endpoint = provider.example:51820
        AllowedIPs = 0.0.0.0/0, ::0/0
        """,
        "10.6.0.2/24",
        "9.9.9.9 149.112.112.112",
        "0.0.0.0/0 ::/0");

    // Which shows a file to be scanned, with remarks behind values and prefixes with bits of a host
    [Fact]
    public Task OpenWrt_with_remarks_behind_the_values() => AssertTakesAsync(
        $"""
        [Interface]
        PrivateKey = {TestMachine.PrivateKey} # of the phone
        ListenPort = 51820 # optional
        Address = 192.168.9.2/32, fdf1:e8a1:8d3f:9::2/128
        DNS = 192.168.9.1

        [Peer]
        {Keys}
        Endpoint = [2001:db8::1]:51820
        AllowedIPs = 192.168.9.1/24, fdf1:e8a1:8d3f:9::1/64
        PersistentKeepalive = 25
        """,
        "192.168.9.2/32 fdf1:e8a1:8d3f:9::2/128",
        "192.168.9.1",
        "192.168.9.0/24 fdf1:e8a1:8d3f:9::/64");

    [Fact]
    public Task An_Android_phone_with_its_applications() => AssertTakesAsync(
        $"""
        [Interface]
        Address = 10.13.13.2
        DNS = 10.13.13.1
        ExcludedApplications = com.example.bank, com.example.tv
        PrivateKey = {TestMachine.PrivateKey}
        [Peer]
        AllowedIPs = 0.0.0.0/1, 128.0.0.0/1
        Endpoint = 203.0.113.1:51820
        PublicKey = {TestMachine.EndpointKey}
        """,
        "10.13.13.2/32",
        "10.13.13.1",
        "0.0.0.0/1 128.0.0.0/1",
        "ExcludedApplications is ignored.");

    [Fact]
    public Task A_server_of_ones_own_whose_other_peers_speak_first() => AssertTakesAsync(
        $"""
        [Interface]
        Address = 10.200.100.8/24
        SaveConfig = true
        ListenPort = 51820
        FwMark = 0xca6c
        PrivateKey = {TestMachine.PrivateKey}
        Table = 1234

        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        AllowedIPs = 10.200.100.0/24, 10.192.124.0/24
        Endpoint = provider.example:51820

        [Peer]
        PublicKey = {TestMachine.OtherKey}
        AllowedIPs = 10.200.100.9/32
        """,
        "10.200.100.8/24",
        "",
        "10.200.100.0/24 10.192.124.0/24",
        "SaveConfig is ignored.",
        "Table is ignored.");

    /// <summary>Reads a file as it is, and again as Windows saves one.</summary>
    private async Task AssertTakesAsync(string file, string addresses, string dns, string allowed, params string[] warnings)
    {
        _machine.Names["provider.example"] = ["203.0.113.1", "2001:db8::1"];
        foreach (var text in new[] { file, $"{file.ReplaceLineEndings("\r\n")}\r\n" })
        {
            _machine.Files["wg0.conf"] = text;
            var (configuration, faults) = await _machine.ReadAsync("--config", "wg0.conf", "--socks5", "1080");
            Assert.Empty(faults);
            using (configuration)
            {
                Assert.Equal(addresses, string.Join(' ', configuration!.Tunnel.Addresses));
                Assert.Equal(dns, string.Join(' ', configuration.Dns.Select(server => $"{server}").Concat(configuration.SearchDomains)));
                var peer = configuration.Tunnel.Peers[0];
                Assert.Equal(allowed, string.Join(' ', peer.AllowedIPs));
                Assert.NotNull(peer.EndPoint);
                Assert.Equal(warnings, configuration.Warnings
                    .Where(line => line.StartsWith("wg0.conf:", StringComparison.Ordinal))
                    .Select(line => line[(line.IndexOf(": ", StringComparison.Ordinal) + 2)..]));
            }

            Assert.True(await WgQuickConformity.AssertAlikeAsync(_machine, text));
        }
    }
}
