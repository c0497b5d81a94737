using System.Net;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>The configuration that variables of the environment give, by themselves or by the files they name.</summary>
public sealed class VariableTests
{
    private readonly TestMachine _machine = new();

    [Fact]
    public async Task A_password_that_is_set_and_empty_opens_no_proxy()
    {
        _machine.Variables["ONETUN_PROXY_USER"] = "";
        var (_, faults) = await _machine.ReadCompleteAsync("--proxy", "1080");
        Assert.Equal("ONETUN_PROXY_USER is set, and empty: unset it, or give user:password", Assert.Single(faults).Message);
    }

    [Fact]
    public async Task Every_value_can_come_from_the_environment()
    {
        _machine.Variables["ONETUN_PORT_FORWARD_1"] = "8080:192.168.4.2:80";
        _machine.Variables["ONETUN_PORT_FORWARD_2"] = "8081:192.168.4.4:81";
        _machine.Variables["ONETUN_PORT_FORWARD_4"] = "8084:192.168.4.4:84";
        _machine.Variables["ONETUN_PRIVATE_KEY"] = TestMachine.PrivateKey;
        _machine.Variables["ONETUN_ENDPOINT_PUBLIC_KEY"] = TestMachine.EndpointKey;
        _machine.Variables["ONETUN_PRESHARED_KEY"] = TestMachine.PrivateKey;
        _machine.Variables["ONETUN_ENDPOINT_ADDR"] = "[2001:db8::1]:51820";
        _machine.Variables["ONETUN_ENDPOINT_BIND_ADDR"] = "[::]:30000";
        _machine.Variables["ONETUN_SOURCE_PEER_IP"] = "192.168.4.3";
        _machine.Variables["ONETUN_KEEP_ALIVE"] = "25";
        _machine.Variables["ONETUN_MTU"] = "1280";
        _machine.Variables["ONETUN_UDP_TIMEOUT"] = "5";
        _machine.Variables["ONETUN_LOG"] = "onetun=debug";
        _machine.Variables["ONETUN_PCAP"] = "wg.pcap";
        var configuration = await _machine.ReadValidAsync();
        // Up to the first gap in the numbers
        Assert.Equal(["127.0.0.1:8080", "127.0.0.1:8081"], configuration.Forwards.Select(forward => forward.Source.ToString()));
        var peer = configuration.Tunnel.Peers[0];
        Assert.Equal(IPEndPoint.Parse("[2001:db8::1]:51820"), peer.EndPoint);
        Assert.Equal(IPEndPoint.Parse("[::]:30000"), configuration.Tunnel.Transport.BindEndPoint);
        Assert.Equal(TestMachine.PrivateKey, peer.PresharedKey?.ToBase64());
        Assert.Equal((TimeSpan.FromSeconds(25), 1280, "wg.pcap"), (peer.PersistentKeepalive, configuration.Tunnel.Mtu, configuration.Capture.Path));
        Assert.Equal(TimeSpan.FromSeconds(5), configuration.Udp.IdleTimeout);
        Assert.True(configuration.Log.Allows("onetun", LogLevel.Debug));
        Assert.Equal(["ONETUN_PORT_FORWARD_4 is ignored: the list ends at ONETUN_PORT_FORWARD_3, which is not set."], configuration.Warnings);
    }

    [Fact]
    public async Task A_gap_in_the_numbers_is_warned_of_with_the_first_variable_behind_it()
    {
        foreach (var n in new[] { 1, 12, 9 })
        {
            _machine.Variables[$"ONETUN_REMOTE_PORT_FORWARD_{n}"] = $"{8080 + n}:localhost:80";
        }

        _machine.Variables["ONETUN_REMOTE_PORT_FORWARD_2"] = "";
        _machine.Variables["ONETUN_REMOTE_PORT_FORWARD_X"] = "x";
        var (configuration, _) = await _machine.ReadCompleteAsync();
        Assert.Contains(
            "ONETUN_REMOTE_PORT_FORWARD_9 and what follows is ignored: the list ends at ONETUN_REMOTE_PORT_FORWARD_2, which is not set.",
            configuration!.Warnings);
    }

    [Fact]
    public async Task The_command_line_overrides_the_environment_and_forwards_add_up()
    {
        _machine.Variables["ONETUN_MTU"] = "1280";
        _machine.Variables["ONETUN_PORT_FORWARD_1"] = "8081:192.168.4.4:81";
        var (configuration, _) = await _machine.ReadCompleteAsync("--max-transmission-unit", "1400", "8080:192.168.4.2:80");
        Assert.Equal(1400, configuration?.Tunnel.Mtu);
        Assert.Equal(2, configuration?.Forwards.Count);
    }

    [Fact]
    public async Task Empty_variables_count_as_unset()
    {
        _machine.Variables["ONETUN_PRESHARED_KEY"] = "";
        _machine.Variables["ONETUN_PORT_FORWARD_1"] = "";
        var (configuration, _) = await _machine.ReadCompleteAsync();
        Assert.Null(configuration?.Tunnel.Peers[0].PresharedKey);
    }

    [Fact]
    public async Task Blanks_and_ends_of_lines_around_a_variable_do_not_count()
    {
        foreach (var (name, value) in Complete())
        {
            _machine.Variables[name] = $" {value}\t\r\n";
        }

        _machine.Variables["ONETUN_LOG"] = " \n";
        var configuration = await _machine.ReadValidAsync();
        Assert.Equal(IPEndPoint.Parse("140.30.3.182:51820"), configuration.Tunnel.Peers[0].EndPoint);
        Assert.Equal("127.0.0.1:8080", configuration.Forwards[0].Source.ToString());
        Assert.Equal(TestMachine.OtherKey, configuration.Tunnel.Peers[0].PresharedKey?.ToBase64());
    }

    [Fact]
    public async Task Every_variable_may_be_given_by_a_file_as_Docker_secrets_are()
    {
        foreach (var (name, value) in Complete())
        {
            _machine.Variables[$"{name}_FILE"] = $"/run/secrets/{name}\n";
            _machine.Files[$"/run/secrets/{name}"] = $" {value}\r\n";
        }

        var configuration = await _machine.ReadValidAsync();
        Assert.Equal(IPEndPoint.Parse("140.30.3.182:51820"), configuration.Tunnel.Peers[0].EndPoint);
        Assert.Equal(TestMachine.PublicKey, configuration.Tunnel.PrivateKey.PublicKey.ToString());
        Assert.Equal(TestMachine.OtherKey, configuration.Tunnel.Peers[0].PresharedKey?.ToBase64());
        Assert.Equal("127.0.0.1:8080", configuration.Forwards[0].Source.ToString());
        Assert.Empty(configuration.Warnings);
    }

    [Fact]
    public async Task Readers_of_a_file_with_a_secret_in_it_are_warned_of_and_of_other_files_not()
    {
        foreach (var (name, value) in Complete())
        {
            _machine.Variables[$"{name}_FILE"] = name;
            _machine.Files[name] = value;
        }

        _machine.FileMode = UnixFileMode.UserRead | UnixFileMode.OtherRead;
        var configuration = await _machine.ReadValidAsync();
        Assert.Equal(
            [
                "Preshared key file ONETUN_PRESHARED_KEY is world-readable. This is insecure.",
                "Proxy password file ONETUN_PROXY_USER is world-readable. This is insecure.",
                "Private key file ONETUN_PRIVATE_KEY is world-readable. This is insecure.",
            ],
            configuration.Warnings);
    }

    [Fact]
    public async Task Files_of_numbered_variables_are_in_the_list_and_behind_its_gap()
    {
        _machine.Variables["ONETUN_PORT_FORWARD_1_FILE"] = "1";
        _machine.Variables["ONETUN_PORT_FORWARD_3_FILE"] = "3";
        _machine.Files["1"] = "8081:192.168.4.4:81\n";
        var (configuration, _) = await _machine.ReadCompleteAsync("8080:192.168.4.2:80");
        Assert.Equal(["127.0.0.1:8080", "127.0.0.1:8081"], configuration!.Forwards.Select(forward => forward.Source.ToString()));
        Assert.Contains(
            "ONETUN_PORT_FORWARD_3 is ignored: the list ends at ONETUN_PORT_FORWARD_2, which is not set.", configuration.Warnings);
    }

    private static Dictionary<string, string> Complete() => new()
    {
        ["ONETUN_PORT_FORWARD_1"] = "8080:192.168.4.2:80",
        ["ONETUN_PRIVATE_KEY"] = TestMachine.PrivateKey,
        ["ONETUN_ENDPOINT_PUBLIC_KEY"] = TestMachine.EndpointKey,
        ["ONETUN_PRESHARED_KEY"] = TestMachine.OtherKey,
        ["ONETUN_ENDPOINT_ADDR"] = "140.30.3.182:51820",
        ["ONETUN_SOURCE_PEER_IP"] = "192.168.4.3",
        ["ONETUN_KEEP_ALIVE"] = "25",
        ["ONETUN_SOCKS5"] = "1080",
        ["ONETUN_DNS"] = "192.168.4.53",
        ["ONETUN_PROXY_USER"] = "ann:secret",
    };
}
