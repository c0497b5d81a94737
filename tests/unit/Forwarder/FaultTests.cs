using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class FaultTests
{
    private readonly TestMachine _machine = new();

    [Theory]
    [InlineData("--private-key", "AAAA", "Invalid private key: Failed to decode private key: 3 bytes instead of 32")]
    [InlineData("--private-key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Invalid private key: Failed to decode private key: it is all zeros, which is not a key")]
    [InlineData("--endpoint-public-key", "AAAA", "Invalid endpoint public key: 3 bytes instead of 32")]
    [InlineData("--endpoint-public-key", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmo", "Invalid endpoint public key: not base64, which has 44 characters, not 43")]
    [InlineData("--endpoint-public-key", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066Spj-qbTmo=", "Invalid endpoint public key: not base64")]
    [InlineData("--endpoint-public-key", "hSDwCYkwp1R0i33ctD73Wg2/Og0mOBr066SpjqqbTmp=", "Invalid endpoint public key: not base64 as wg writes it (its last digit has spare bits that are not zero)")]
    [InlineData("--endpoint-public-key", "", "Invalid endpoint public key: it is empty")]
    [InlineData("--endpoint-public-key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "Invalid endpoint public key: it is all zeros")]
    [InlineData("--endpoint-public-key", TestMachine.PublicKey, "Invalid endpoint public key: it is our own, which belongs to our private key")]
    [InlineData("--endpoint-public-key", TestMachine.EndpointKey + " ", "Invalid endpoint public key: there is white space in it")]
    [InlineData("--preshared-key", "AAAA", "Invalid preshared key: Failed to decode preshared key: 3 bytes instead of 32")]
    [InlineData("--endpoint-addr", "nowhere.example:51820", "Invalid endpoint address: Could not lookup address nowhere.example")]
    [InlineData("--endpoint-addr", "140.30.3.182", "Invalid endpoint address: '140.30.3.182' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820")]
    [InlineData("--endpoint-addr", "140.30.3.182:0", "Invalid endpoint address: port '0' is not a number from 1 to 65535")]
    [InlineData("--endpoint-addr", "140.30.3.182:99999", "Invalid endpoint address: port '99999' is not a number from 1 to 65535")]
    [InlineData("--endpoint-addr", "0.0.0.0:51820", "Invalid endpoint address: 0.0.0.0 is the unspecified address")]
    [InlineData("--endpoint-addr", "[::]:51820", "Invalid endpoint address: :: is the unspecified address")]
    [InlineData("--endpoint-addr", "[ff02::1]:51820", "Invalid endpoint address: ff02::1 is a multicast address")]
    [InlineData("--endpoint-addr", "127.1:51820", "Invalid endpoint address: '127.1' is not a whole IPv4 address")]
    [InlineData("--endpoint-addr", "0x7f.1:51820", "Invalid endpoint address: '0x7f.1' is not a whole IPv4 address")]
    [InlineData("--endpoint-addr", "256.0.0.1:51820", "Invalid endpoint address: '256.0.0.1' is not a whole IPv4 address")]
    [InlineData("--source-peer-ip", "0.0.0.0", "Invalid source peer IP: 0.0.0.0 is the unspecified address")]
    [InlineData("--source-peer-ip", "0.0.0.2", "Invalid source peer IP: 0.0.0.2 is in 0.0.0.0/8, where no host is")]
    [InlineData("--source-peer-ip", "::ffff:224.0.0.1", "Invalid source peer IP: ::ffff:224.0.0.1 is a multicast address")]
    [InlineData("--source-peer-ip", "127.0.0.1", "Invalid source peer IP: 127.0.0.1 is a loopback address")]
    [InlineData("--source-peer-ip", "224.0.0.1", "Invalid source peer IP: 224.0.0.1 is a multicast address")]
    [InlineData("--source-peer-ip", "255.255.255.255", "Invalid source peer IP: 255.255.255.255 is the broadcast address")]
    [InlineData("--source-peer-ip", "192.168.4.3,192.168.4.5", null)]
    [InlineData("--pcap", "", "Invalid --pcap: the name of the file is empty")]
    [InlineData("--endpoint-bind-addr", "30000", "Invalid bind address: '30000' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820")]
    [InlineData("--endpoint-bind-addr", "[::1]:0", "Endpoint and bind addresses must be the same IP version")]
    [InlineData("--source-peer-ip", "192.168.4.3/32", null)]
    [InlineData("--source-peer-ip", "192.168.4.3/33", "Invalid source peer IP: '192.168.4.3/33' is not an IP address")]
    [InlineData("--source-peer-ip", "192.168.4", "Invalid source peer IP: '192.168.4' is not an IP address")]
    [InlineData("--keep-alive", "65536", "Invalid keep-alive value: '65536' is not a number between 0 and 65535 seconds")]
    [InlineData("--keep-alive", "-1", "Invalid keep-alive value: '-1' is not a number between 0 and 65535 seconds")]
    [InlineData("--max-transmission-unit", "575", "Invalid MTU: '575' is not a number between 576 and 65475")]
    [InlineData("--max-transmission-unit", "1e3", "Invalid MTU: '1e3' is not a number between 576 and 65475")]
    [InlineData("--log", "onetun=loud", "Invalid log filter: 'onetun=loud' does not end in off, error, warn, info, debug or trace")]
    [InlineData("--private-key-file", "", "The argument --private-key cannot be used with --private-key-file")]
    [InlineData("--remote", "10.0.0.1:80:localhost:80", "Remote port forward config <src_host> must match --source-peer-ip (192.168.4.3), or be omitted.")]
    [InlineData("--remote", "192.168.4.3:80:localhost:80", null)]
    [InlineData("--remote", "80:0.0.0.0:80", "Invalid destination address: 0.0.0.0 is the unspecified address in 80:0.0.0.0:80")]
    [InlineData("--remote", "unix:/run/x:localhost:80", "Remote port forward config <src_host> must match --source-peer-ip (192.168.4.3), or be omitted.")]
    [InlineData("--udp-timeout", "0", "Invalid UDP timeout: '0' is not a number between 1 and 86400 seconds")]
    [InlineData("--idle-timeout", "x", "Invalid --idle-timeout: 'x' is not a number between 0 and 86400 seconds")]
    [InlineData("--max-connections", "-1", "Invalid --max-connections: '-1' is not a number between 0 and 65536 (0 is no limit)")]
    [InlineData("--shutdown-timeout", "5s", "Invalid --shutdown-timeout: '5s' is not a number between 0 and 86400 seconds")]
    [InlineData("--log-format", "xml", "Invalid --log-format: 'xml' is not one of pretty|json")]
    [InlineData("--socks5", "x", "Invalid --socks5: 'x' is not [addr:]port, as in 1080, 0.0.0.0:1080 or [::1]:1080")]
    [InlineData("--http-proxy", "nowhere.example:1", "Invalid --http-proxy: Could not lookup address nowhere.example")]
    [InlineData("--metrics", "65536", "Invalid --metrics: '65536' is not [addr:]port, as in 1080, 0.0.0.0:1080 or [::1]:1080")]
    [InlineData("--proxy-user", "ann", "Invalid --proxy-user: it must be user:password, each of at most 255 bytes")]
    [InlineData("--log", "info", null)]
    public async Task A_bad_value_is_one_clear_fault(string flag, string value, string? message)
    {
        string[] arguments = flag == "--private-key-file" ? ["--private-key", TestMachine.PrivateKey, flag, value] : [flag, value];
        var (_, faults) = await _machine.ReadCompleteAsync([.. arguments, "8089:192.168.4.2:80"]);
        Assert.Equal(message is null ? [] : [message], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task What_is_of_one_peer_is_refused_beside_a_file_of_several_in_the_words_of_where_it_stands()
    {
        _machine.Files["wg0.conf"] = $"[Interface]\nPrivateKey = {TestMachine.PrivateKey}\nAddress = 192.168.4.3\n"
            + $"[Peer]\nPublicKey = {TestMachine.EndpointKey}\nAllowedIPs = 10.0.0.0/8\n"
            + $"[Peer]\nPublicKey = {TestMachine.OtherKey}\nAllowedIPs = 192.168.4.0/24\n";
        _machine.Variables["ONETUN_ENDPOINT_ADDR"] = "192.0.2.1:51820";
        var (_, faults) = await _machine.ReadAsync(
            "--config", "wg0.conf", "8080:192.168.4.2:80", "--endpoint-public-key", TestMachine.EndpointKey);
        Assert.Equal(
            [
                new Fault(FaultKind.Usage, "--endpoint-public-key cannot be used with a file that has several peers: it would apply to all of them"),
                new Fault(FaultKind.Configuration, "ONETUN_ENDPOINT_ADDR: --endpoint-addr cannot be used with a file that has several peers: it would apply to all of them"),
            ],
            faults);
    }

    [Fact]
    public async Task A_key_and_a_file_of_it_in_variables_are_no_fault_of_the_command_line()
    {
        _machine.Variables["ONETUN_PRIVATE_KEY"] = TestMachine.PrivateKey;
        _machine.Variables["ONETUN_PRIVATE_KEY_FILE"] = "key";
        _machine.Files["key"] = TestMachine.PrivateKey;
        var (_, faults) = await _machine.ReadAsync(
            "8080:192.168.4.2:80", "--endpoint-public-key", TestMachine.EndpointKey, "--endpoint-addr", "192.0.2.1:51820",
            "--source-peer-ip", "192.168.4.3");
        Assert.Equal(
            [new Fault(FaultKind.Configuration, "ONETUN_PRIVATE_KEY and ONETUN_PRIVATE_KEY_FILE are both set: give one of them")], faults);
    }

    [Theory]
    [InlineData("nowhere.example:8080:192.168.4.2:80", "Could not resolve source address: nowhere.example in nowhere.example:8080:192.168.4.2:80")]
    [InlineData("8080:[fd00::2]:80", "Invalid destination address: fd00::2 and --source-peer-ip (192.168.4.3) must be the same IP version in 8080:[fd00::2]:80")]
    [InlineData("8080:0.0.0.0:80", "Invalid destination address: 0.0.0.0 is the unspecified address in 8080:0.0.0.0:80")]
    [InlineData("8080:224.0.0.251:80", "Invalid destination address: 224.0.0.251 is a multicast address in 8080:224.0.0.251:80")]
    [InlineData("8080:192.168.4.3:80", "Invalid destination address: 192.168.4.3 is our own address, not one behind the tunnel in 8080:192.168.4.3:80")]
    public async Task A_forward_that_cannot_work_is_one_clear_fault(string forward, string message)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward);
        Assert.Equal([message], faults.Select(fault => fault.Message));
    }

    [Theory]
    [InlineData("8080:localhost:80", "localhost")]
    [InlineData("8080:LocalHost.:80", "LocalHost.")]
    [InlineData("8080:web.localhost:80:UDP", "web.localhost")]
    [InlineData("8080:127.0.0.1:80", "127.0.0.1")]
    [InlineData("8080:127.255.0.9:80", "127.255.0.9")]
    [InlineData("8080:[::1]:80", "::1")]
    [InlineData("8080:[::ffff:127.0.0.5]:80", "::ffff:127.0.0.5")]
    public async Task Localhost_at_the_far_end_as_ssh_has_it_is_refused_with_what_to_write_instead(string forward, string host)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward, "--source-peer-ip", "192.168.4.3,fd00::3");
        Assert.Equal(
            new Fault(
                FaultKind.Usage,
                $"Invalid destination address: {host} is this machine, not one behind the tunnel: write the host's address inside the "
                    + $"tunnel, such as the peer's own, in {forward}"),
            Assert.Single(faults));
    }

    [Theory]
    [InlineData("8080:[fe80::1%eth0]:80", "fe80::1%eth0")]
    [InlineData("8080:[fe80::1%25nowhere]:80", "fe80::1%25nowhere")]
    [InlineData("8080:[fe80::1%1]:80:UDP", "fe80::1%1")]
    public async Task An_address_with_a_zone_is_none_in_the_tunnel(string forward, string host)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward, "--source-peer-ip", "192.168.4.3,fd00::3");
        Assert.Equal(
            $"Invalid destination address: {host} has a zone, which is a link of this machine, not the tunnel: write the host's address "
                + $"inside the tunnel, without %, in {forward}",
            Assert.Single(faults).Message);
    }

    [Fact]
    public async Task An_address_with_a_zone_may_be_where_a_remote_forward_goes()
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync("--remote", "8080:[fe80::1%1]:80", "8081:192.168.4.2:80");
        Assert.Empty(faults);
        Assert.Equal("[fe80::1%1]:80", configuration!.Forwards[1].Destination.ToString());
    }

    [Theory]
    [InlineData("[fe80::1%]:80")]
    [InlineData("[fe80::1%a b]:80")]
    [InlineData("[%eth0]:80")]
    [InlineData("[10.0.0.1%eth0]:80")]
    public void What_is_not_an_address_before_its_zone_or_has_none_is_not_a_host(string text) =>
        Assert.False(HostText.TryParseHostAndPort(text, 1, out _, out _));

    [Theory]
    [InlineData("8080:localhost.example:80")]
    [InlineData("8080:notlocalhost:80")]
    public async Task A_name_that_only_resembles_localhost_is_a_name(string forward)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward);
        Assert.Empty(faults);
    }

    [Theory]
    [InlineData("169.254.0.1", "8080:169.254.0.1:80")]
    [InlineData("fe80::1", "8080:[fe80::1]:80")]
    public async Task A_link_local_host_is_not_behind_a_tunnel_that_is_not_a_link(string host, string forward)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward);
        Assert.Contains(
            $"Invalid destination address: {host} is a link-local address, and none of ours in the tunnel is one in {forward}",
            faults.Select(fault => fault.Message));
    }

    [Theory]
    [InlineData("8080:localhost:80")]
    [InlineData("8080:127.0.0.1:80")]
    [InlineData("8080:[::1]:80:UDP")]
    public async Task Localhost_is_where_a_remote_forward_goes(string forward)
    {
        var (_, faults) = await _machine.ReadCompleteAsync("--remote", forward, "8081:192.168.4.2:80");
        Assert.Empty(faults);
    }

    [Fact]
    public async Task Who_asks_for_all_addresses_by_an_asterisk_is_told_how_they_are_written()
    {
        var (_, faults) = await _machine.ReadCompleteAsync("*:8080:192.168.4.2:80");
        Assert.Equal(
            "Invalid source address: in place of *, give 0.0.0.0 for all addresses of IPv4, or [::] for those of IPv6 too, in *:8080:192.168.4.2:80",
            Assert.Single(faults).Message);
    }

    [Theory]
    [InlineData("8080:127.1:80", "Invalid destination address: '127.1' is not a whole IPv4 address")]
    [InlineData("127.1:8080:192.168.4.2:80", "Invalid source address: '127.1' is not a whole IPv4 address")]
    [InlineData("18080:ho_st..x:80", "Invalid destination address: 'ho_st..x' is not a name, whose parts between dots have 1 to 63 characters each and 253 in all")]
    [InlineData("8080:h:99999", "Invalid destination port: '99999' is not a number from 1 to 65535")]
    public async Task A_forward_that_cannot_be_read_is_one_clear_fault_of_the_command_line(string forward, string message)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(forward, "8081:192.168.4.2:80");
        var fault = Assert.Single(faults);
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.StartsWith($"Failed to parse port forward config: {message}{Environment.NewLine}  {forward}", fault.Message);
    }

    [Theory]
    [InlineData(TestMachine.OtherKey)]
    [InlineData("xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg")]
    public async Task A_key_in_place_of_a_forward_is_not_quoted(string key)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(key, "8081:192.168.4.2:80");
        Assert.Equal("Failed to parse port forward config: it looks like a key, not a port forward", Assert.Single(faults).Message);
    }

    [Theory]
    [InlineData("8080:192.168.4.2:80", "127.0.0.1:8080:192.168.4.2:81", "TCP 127.0.0.1:8080")]
    [InlineData("8080:192.168.4.2:80:TCP,UDP", "8080:192.168.4.2:81:UDP", "UDP 127.0.0.1:8080")]
    [InlineData("unix:/run/x:192.168.4.2:80", "unix:/run/x:192.168.4.2:81", "TCP /run/x")]
    [InlineData("8080:192.168.4.2:80:TCP", "8080:192.168.4.2:80:UDP", null)]
    [InlineData("0:192.168.4.2:80", "0:192.168.4.2:81", null)]
    public async Task Two_forwards_do_not_take_one_port(string first, string second, string? taken)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(first, second);
        Assert.Equal(
            taken is null ? [] : [$"Invalid source address: another forward has {taken}, which {second} wants too"],
            faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task A_name_may_end_in_the_dot_of_the_root()
    {
        var (configuration, faults) = await _machine.ReadCompleteAsync("8080:web.lan.:80");
        Assert.Empty(faults);
        Assert.Equal("web.lan.:80", configuration!.Forwards[0].Destination.ToString());
    }

    [Fact]
    public void The_mode_of_a_file_that_has_gone_is_not_known() =>
        Assert.Null(new Machine().FileMode(Path.Combine(AppContext.BaseDirectory, "gone")));

    [Fact]
    public async Task A_remote_forward_that_cannot_be_read_is_one_clear_fault()
    {
        var (_, faults) = await _machine.ReadCompleteAsync("--remote", "8080:h:80:99");
        Assert.StartsWith("Failed to parse remote port forward config: Invalid protocol specifier: 99", Assert.Single(faults).Message);
    }

    [Theory]
    [InlineData("--endpoint-public-key", "ONETUN_ENDPOINT_PUBLIC_KEY", "AAAA")]
    [InlineData("--private-key", "ONETUN_PRIVATE_KEY", "AAAA")]
    [InlineData("--preshared-key", "ONETUN_PRESHARED_KEY", "AAAA")]
    [InlineData("--endpoint-addr", "ONETUN_ENDPOINT_ADDR", "x")]
    [InlineData("--source-peer-ip", "ONETUN_SOURCE_PEER_IP", "x")]
    [InlineData("--keep-alive", "ONETUN_KEEP_ALIVE", "x")]
    [InlineData("--max-transmission-unit", "ONETUN_MTU", "x")]
    [InlineData("--log", "ONETUN_LOG", "x")]
    [InlineData("--socks5", "ONETUN_SOCKS5", "x")]
    public async Task A_value_that_cannot_be_read_is_a_fault_of_where_it_stands(string flag, string variable, string value)
    {
        var (_, faults) = await _machine.ReadCompleteAsync(flag, value, "8080:192.168.4.2:80");
        Assert.Equal(FaultKind.Usage, Assert.Single(faults).Kind);

        string[] required = ["--private-key", "--endpoint-public-key", "--endpoint-addr", "--source-peer-ip"];
        string[] values = [TestMachine.PrivateKey, TestMachine.EndpointKey, "140.30.3.182:51820", "192.168.4.3"];
        var others = required.Zip(values, (name, given) => new[] { name, given }).Where(pair => pair[0] != flag).SelectMany(pair => pair);
        _machine.Variables[variable] = value;
        (_, faults) = await _machine.ReadAsync(["8080:192.168.4.2:80", .. others]);
        Assert.Equal(FaultKind.Configuration, Assert.Single(faults).Kind);
        Assert.StartsWith($"{variable}: ", faults[0].Message);
    }

    [Fact]
    public async Task All_faults_are_listed_at_once()
    {
        var (configuration, faults) = await _machine.ReadAsync(
            "8080:h:0", "--private-key", "AAAA", "--endpoint-public-key", "BBBB", "--endpoint-addr", "x", "--keep-alive", "x",
            "--max-transmission-unit", "1", "--source-peer-ip", "y", "--preshared-key", "CCCC", "--log", "a=b");
        Assert.Null(configuration);
        Assert.Equal(9, faults.Count);
    }

    [Fact]
    public async Task Nothing_given_names_all_that_is_required()
    {
        var (_, faults) = await _machine.ReadAsync();
        Assert.Equal(
            [
                "Missing --source-peer-ip (or ONETUN_SOURCE_PEER_IP)",
                "No port forward configurations given.",
                "Missing private key: give --private-key-file or ONETUN_PRIVATE_KEY ('onetun genkey' makes one)",
                "Missing --endpoint-public-key (or ONETUN_ENDPOINT_PUBLIC_KEY)",
                "Missing --endpoint-addr (or ONETUN_ENDPOINT_ADDR)",
            ],
            faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task What_a_file_lacks_is_said_of_the_file()
    {
        _machine.Files["wg0.conf"] = "[Interface]\n";
        var (_, faults) = await _machine.ReadAsync("8080:192.168.4.2:80", "--config", "wg0.conf");
        Assert.Equal(
            [
                "Missing Address in [Interface] of wg0.conf (or --source-peer-ip)",
                "Missing PrivateKey in [Interface] of wg0.conf (or --private-key-file)",
                "Missing [Peer] in wg0.conf (or --endpoint-public-key)",
            ],
            faults.Select(fault => fault.Message));
        Assert.All(faults, fault => Assert.Equal(FaultKind.Configuration, fault.Kind));
    }

    [Fact]
    public async Task What_a_file_lacks_that_another_names_is_said_of_the_one_that_is_read()
    {
        _machine.Files["proxy.conf"] = "WGConfig = wg0.conf\n[Socks5]\nBindAddress = 127.0.0.1:1080\n";
        _machine.Files["wg0.conf"] = $"[Interface]\nPrivateKey = {TestMachine.PrivateKey}\nAddress = 192.168.4.3\n[Peer]\n";
        var (_, faults) = await _machine.ReadAsync("--config", "proxy.conf");
        Assert.Equal(["Missing PublicKey in [Peer] 1 of wg0.conf"], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task A_peer_of_the_command_line_beside_a_file_needs_its_endpoint()
    {
        _machine.Files["wg0.conf"] = $"[Interface]\nPrivateKey = {TestMachine.PrivateKey}\nAddress = 192.168.4.3\n";
        var (_, faults) = await _machine.ReadAsync(
            "8080:192.168.4.2:80", "--config", "wg0.conf", "--endpoint-public-key", TestMachine.EndpointKey);
        Assert.Equal(["Missing --endpoint-addr (or ONETUN_ENDPOINT_ADDR)"], faults.Select(fault => fault.Message));
    }

    [Fact]
    public async Task A_forward_behind_a_gap_in_the_numbers_is_named_where_there_is_no_other()
    {
        _machine.Variables["ONETUN_PORT_FORWARD_2"] = "8080:192.168.4.2:80";
        var (_, faults) = await _machine.ReadAsync();
        Assert.Contains(
            "No port forward configurations given. ONETUN_PORT_FORWARD_2 is ignored: the list ends at ONETUN_PORT_FORWARD_1, which is not set.",
            faults.Select(fault => fault.Message));
    }

    [Theory]
    [InlineData(63, 3, true)]
    [InlineData(64, 1, false)]
    [InlineData(63, 4, false)]
    public void Names_are_as_long_as_DNS_allows(int label, int count, bool isHost)
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', label), count));
        Assert.Equal(isHost, HostText.TryParseHostAndPort($"{host}:80", 1, out _, out _));
    }

    [Fact]
    public async Task A_name_that_no_file_can_have_is_a_fault()
    {
        var (_, faults) = await _machine.ReadAsync("8080:192.168.4.2:80", "--private-key-file", "a\0b");
        Assert.Contains(faults, fault => fault.Message == "Failed to read private key file: there is no such file");
    }

    [Fact]
    public async Task A_key_file_that_cannot_be_read_is_a_fault()
    {
        _machine.Variables["ONETUN_PRIVATE_KEY_FILE"] = "gone";
        var (_, faults) = await _machine.ReadAsync("8080:192.168.4.2:80");
        Assert.Contains(faults, fault => fault.Message == "Failed to read private key file: Could not find file 'gone'.");
    }

    [Theory]
    [InlineData("/run/secrets/gone", "Failed to read /run/secrets/gone, which ONETUN_MTU_FILE names: Could not find file '/run/secrets/gone'.")]
    [InlineData("empty", "Failed to read empty, which ONETUN_MTU_FILE names: it is empty")]
    [InlineData("lines", "Failed to read lines, which ONETUN_MTU_FILE names: it has several lines, but a value is a single line")]
    public async Task A_file_of_a_variable_that_gives_no_value_is_the_only_fault(string path, string message)
    {
        _machine.Files["empty"] = " \n";
        _machine.Files["lines"] = "1420\n1421\n";
        _machine.Variables["ONETUN_MTU_FILE"] = path;
        var (_, faults) = await _machine.ReadAsync();
        Assert.Equal([new Fault(FaultKind.Configuration, message)], faults);
    }

    [Fact]
    public async Task A_variable_and_its_file_are_not_both_given()
    {
        _machine.Variables["ONETUN_ENDPOINT_ADDR"] = "140.30.3.182:51820";
        _machine.Variables["ONETUN_ENDPOINT_ADDR_FILE"] = "address";
        var (_, faults) = await _machine.ReadAsync();
        Assert.Equal(
            [new Fault(FaultKind.Configuration, "ONETUN_ENDPOINT_ADDR and ONETUN_ENDPOINT_ADDR_FILE are both set: give one of them")], faults);
        // The command line overrides both
        (_, faults) = await _machine.ReadCompleteAsync();
        Assert.Empty(faults);
    }

    [Fact]
    public async Task IPv6_needs_an_MTU_of_1280()
    {
        var (_, faults) = await _machine.ReadCompleteAsync("--source-peer-ip", "fd00::3", "--max-transmission-unit", "1279", "8080:[fd00::2]:80");
        Assert.Equal("Invalid MTU: '1279' is not a number between 1280 and 65475, as there is an IPv6 address inside", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task A_bad_forward_is_a_usage_fault_on_the_command_line_and_a_configuration_fault_in_the_environment()
    {
        _machine.Variables["ONETUN_PORT_FORWARD_1"] = "8080:h:80:99";
        var (_, faults) = await _machine.ReadCompleteAsync("8081:h:80:99", "127.0.0.1:8082:192.168.4.2:80");
        Assert.Equal([FaultKind.Usage, FaultKind.Configuration], faults.Select(fault => fault.Kind));
        Assert.StartsWith("Failed to parse port forward config: Invalid protocol specifier: 99", faults[0].Message);
        Assert.EndsWith("            ^^", faults[0].Message);
    }

    [Fact]
    public async Task No_fault_quotes_a_key()
    {
        var (_, faults) = await _machine.ReadCompleteAsync("--private-key", "sEcReT1", "--preshared-key", "sEcReT2");
        Assert.Equal(2, faults.Count);
        Assert.DoesNotContain(faults, fault => fault.Message.Contains("sEcReT", StringComparison.Ordinal));
    }
}
