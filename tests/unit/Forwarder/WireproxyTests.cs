using System.Net;
using Onetun.Forwarder.Commands;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>Files of wireproxy: each of its sections and keys is heeded, or named.</summary>
public sealed class WireproxyTests
{
    private const string Tunnel = $"""
        [Interface]
        Address = 10.200.200.2/32 # The subnet should be /32
        PrivateKey = {TestMachine.PrivateKey}
        DNS = 10.200.200.1 ; inside

        [Peer]
        PublicKey = {TestMachine.EndpointKey}
        Endpoint = 140.30.3.182:51820
        """;

    private const string Complete = $"""
        ; the shape that its documentation shows
        {Tunnel}

        [TCPClientTunnel]
        BindAddress = 127.0.0.1:25565
        Target = play.example.net:25565

        [tcpservertunnel]
        listenport = 3422
        target = localhost:25545

        [UDPProxyTunnel]
        BindAddress = 127.0.0.1:5353
        Target = 1.1.1.1:53
        InactivityTimeout = 30 # seconds

        [Socks5]
        BindAddress = 127.0.0.1:25344
        Username = ann
        Password = "one:two"

        [http]
        BindAddress = :25345
        Username = $PROXY_USER
        Password = `a#b`

        [Socks5]
        BindAddress = localhost:25346

        [Resolve]
        ResolveStrategy = auto
        """;

    private readonly TestMachine _machine = new() { Variables = { ["PROXY_USER"] = "bob" } };

    [Fact]
    public async Task A_file_as_wireproxy_takes_it_runs_with_all_that_it_opens()
    {
        var configuration = await ReadValidAsync(Complete);
        Assert.Equal(
            [
                new ResolvedForward(Protocols.Tcp, IPEndPoint.Parse("127.0.0.1:25565"), new NamedEndPoint("play.example.net", 25565)),
                new ResolvedForward(Protocols.Udp, IPEndPoint.Parse("127.0.0.1:5353"), IPEndPoint.Parse("1.1.1.1:53")),
                new ResolvedForward(Protocols.Tcp, IPEndPoint.Parse("10.200.200.2:3422"), new NamedEndPoint("localhost", 25545), IsRemote: true),
            ],
            configuration.Forwards);
        Assert.Equal(
            ["SOCKS5 127.0.0.1:25344 ann one:two", "HTTP [::]:25345 bob a#b", "SOCKS5 127.0.0.1:25346  "],
            configuration.Services.Proxies.Select(proxy => $"{proxy.Kind.Name} {proxy.EndPoint} {proxy.User?.User} {proxy.User?.Password}"));
        Assert.Equal(TimeSpan.FromSeconds(30), configuration.Udp.IdleTimeout);
        Assert.Equal(["10.200.200.1"], configuration.Dns.Select(server => $"{server}"));
        Assert.Empty(configuration.Warnings);
    }

    [Fact]
    public async Task Options_override_who_may_use_its_proxies_and_how_long_datagrams_are_waited_for()
    {
        var configuration = await ReadValidAsync(Complete, "--udp-timeout", "7", "--proxy-user", "eve:pw");
        Assert.Equal(["eve", "eve", "eve"], configuration.Services.Proxies.Select(proxy => proxy.User?.User));
        Assert.Equal(TimeSpan.FromSeconds(7), configuration.Udp.IdleTimeout);
    }

    [Fact]
    public async Task A_port_inside_the_tunnel_is_opened_on_all_our_addresses()
    {
        var text = Tunnel.Replace("10.200.200.2/32", "10.200.200.2/32, fd00::2/128", StringComparison.Ordinal);
        var configuration = await ReadValidAsync($"{text}\n[TCPServerTunnel]\nListenPort = 5000\nTarget = 127.0.0.1:80");
        Assert.Equal(["10.200.200.2:5000", "[fd00::2]:5000"], configuration.Forwards.Select(forward => $"{forward.Source}"));
        Assert.Equal(TimeSpan.FromSeconds(25), configuration.Tunnel.Peers[0].PersistentKeepalive);
    }

    [Fact]
    public async Task The_longest_timeout_holds_for_all_datagrams()
    {
        static string Section(int port, int seconds) =>
            $"\n[UDPProxyTunnel]\nBindAddress=127.0.0.1:{port}\nTarget=1.1.1.1:53\nInactivityTimeout={seconds}";
        var configuration = await ReadValidAsync($"{Tunnel}{Section(1, 30)}{Section(2, 300)}{Section(3, 40)}");
        Assert.Equal(TimeSpan.FromSeconds(300), configuration.Udp.IdleTimeout);
    }

    [Theory]
    [InlineData("wg0.conf", "/etc/wireproxy/wg0.conf")]
    [InlineData("/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.conf")]
    [InlineData("\"wg 0.conf\"", "/etc/wireproxy/wg 0.conf")]
    public async Task WGConfig_names_the_file_of_the_tunnel(string written, string path)
    {
        _machine.Files[path] = $"{Tunnel}\n#!onetun 8080:10.200.200.1:80";
        _machine.FileMode = UnixFileMode.GroupRead;
        var configuration = await ReadValidAsync($"WGConfig = {written}\n[Socks5]\nBindAddress = 127.0.0.1:1080");
        Assert.Equal(TestMachine.PublicKey, $"{configuration.Tunnel.PrivateKey.PublicKey}");
        Assert.Single(configuration.Forwards);
        Assert.Single(configuration.Services.Proxies);
        Assert.Equal([$"Private key file {path} is group-readable. This is insecure."], configuration.Warnings);
    }

    [Fact]
    public async Task The_tunnel_beside_WGConfig_is_ignored_with_a_warning()
    {
        _machine.Files["/etc/wireproxy/wg0.conf"] = Tunnel;
        var configuration = await ReadValidAsync(
            "WGConfig = wg0.conf\n[Interface]\nPrivateKey = 1\n[Peer]\nEndpoint = 2\n[Socks5]\nBindAddress = 127.0.0.1:1080");
        Assert.Equal(
            [
                "wp.conf:2: [Interface] is ignored: wg0.conf is read in its place, which WGConfig names.",
                "wp.conf:4: [Peer] is ignored: wg0.conf is read in its place, which WGConfig names.",
            ],
            configuration.Warnings);
        Assert.Single(configuration.Tunnel.Peers);
    }

    [Theory]
    [InlineData("WGConfig = gone.conf", "wp.conf:1: Failed to read the file that WGConfig names: Could not find file '/etc/wireproxy/gone.conf'.")]
    [InlineData("WGConfig =", "wp.conf:1: Failed to read the file that WGConfig names: its name is empty")]
    [InlineData("[Peer]\nPublicKey = $WG_KEY", "wp.conf:2: PublicKey names an environment variable that is not set; write $$ where a value begins with $")]
    [InlineData("[Socks5]\nPassword = $", "wp.conf:2: Password names an environment variable that is not set; write $$ where a value begins with $")]
    public async Task What_cannot_be_had_is_the_only_fault(string text, string message) =>
        Assert.Equal([message], await FaultsOfAsync(text));

    [Theory]
    [InlineData("WGConfig = a.conf\nWGConfig = a.conf", "wp.conf:2: WGConfig must stand once, before all sections, and not in the file that it names")]
    [InlineData("WGConfig = b.conf", "b.conf:1: WGConfig must stand once, before all sections, and not in the file that it names")]
    [InlineData("WGConfig = c.conf", "c.conf:1: there is no section [Socks5], only [Interface] and [Peer] in a file that WGConfig names")]
    public async Task A_file_names_one_other_and_that_one_none(string text, string message)
    {
        _machine.Files["/etc/wireproxy/a.conf"] = Tunnel;
        _machine.Files["/etc/wireproxy/b.conf"] = "WGConfig = b.conf";
        _machine.Files["/etc/wireproxy/c.conf"] = "[Socks5]";
        Assert.Contains(message, await FaultsOfAsync(text));
    }

    [Theory]
    [InlineData("[TCPClientTunnel]\nTarget = h:1", "wp.conf:10: [TCPClientTunnel] has no BindAddress")]
    [InlineData("[TCPClientTunnel]\nBindAddress = 127.0.0.1:1\nTarget =", "wp.conf:10: [TCPClientTunnel] has no Target")]
    [InlineData("[TCPClientTunnel]\nBindAddress = 25565\nTarget = h:1", "wp.conf:11: Invalid BindAddress: '25565' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820")]
    [InlineData("[TCPClientTunnel]\nBindAddress = :1\nTarget = h:0", "wp.conf:12: Invalid Target: port '0' is not a number from 1 to 65535")]
    [InlineData("[TCPClientTunnel]\nBindAddress = gone.example:1\nTarget = h:1", "wp.conf:10: Could not resolve source address: gone.example in gone.example:1:h:1:TCP")]
    [InlineData("[TCPClientTunnel]\nBindAddress = 127.0.0.1:1\nTarget = localhost:1", "wp.conf:10: Invalid destination address: localhost is this machine, not one behind the tunnel: write the host's address inside the tunnel, such as the peer's own, in 127.0.0.1:1:localhost:1:TCP")]
    [InlineData("[TCPServerTunnel]\nListenPort = x\nTarget = h:1", "wp.conf:11: Invalid ListenPort: 'x' is not a number from 0 to 65535")]
    [InlineData("[UDPProxyTunnel]\nBindAddress = :1\nTarget = h:1\nInactivityTimeout = -1", "wp.conf:13: Invalid InactivityTimeout: '-1' is not a number between 1 and 86400 seconds")]
    [InlineData("[Socks5]\nBindAddress = gone.example:1", "wp.conf:11: Invalid BindAddress: Could not lookup address gone.example")]
    [InlineData("[Socks5]\nBindAddress = :1\nUsername = ann", "wp.conf:12: [Socks5] has no Password to go with it: a proxy asks for both, or for neither")]
    [InlineData("[http]\nBindAddress = :1\nPassword = pw", "wp.conf:12: [http] has no Username to go with it: a proxy asks for both, or for neither")]
    [InlineData("[http]\nBindAddress = :1\nUsername = a:b\nPassword = pw", "wp.conf:12: Invalid Username: it has a colon, which ends the name in HTTP")]
    [InlineData("[Socks5]\nBindAddress = :1\nPasword = pw", "wp.conf:12: [Socks5] has no key Pasword, only BindAddress, Username, Password")]
    [InlineData("[http]\nBindAddress = :1\nKeyFile = /etc/key.pem", "wp.conf:12: [http] cannot have CertFile and KeyFile, as this proxy does not speak TLS: take them out and let it listen on 127.0.0.1, behind a server that does TLS if need be")]
    [InlineData("[SNI]\nBindAddress = 0.0.0.0:443", "wp.conf:10: [SNI] cannot be had: there is no proxy for TLS by its server name: use [http] or [Socks5], or a [TCPClientTunnel] for each server")]
    [InlineData("[PAC]\nGFWList = list.txt", "wp.conf:10: [PAC] cannot be had: no proxy auto-configuration is served: give the browser the file another way, or the proxy's own address")]
    [InlineData("[STDIOTunnel]\nTarget = host.example:22", "wp.conf:11: [STDIOTunnel] is for 'onetun stdio --config wp.conf', which carries its standard input and output to host.example:22; leave it out of a file whose forwards and proxies are to run")]
    public async Task What_would_be_missing_or_unprotected_is_one_clear_fault(string section, string message) =>
        Assert.Equal([message], await FaultsOfAsync($"{Tunnel}\n\n{section}"));

    [Fact]
    public async Task A_file_that_opens_nothing_is_told_so() =>
        Assert.Equal(["No port forward configurations given."], await FaultsOfAsync($"{Tunnel}\n[Resolve]\nResolveStrategy = auto"));

    [Fact]
    public async Task A_name_of_more_than_255_bytes_is_a_fault_and_is_not_repeated()
    {
        var name = new string('n', 256);
        Assert.Equal(
            ["wp.conf:12: Username and Password must have at most 255 bytes each"],
            await FaultsOfAsync($"{Tunnel}\n\n[Socks5]\nBindAddress = 127.0.0.1:1\nUsername = {name}\nPassword = pw"));
    }

    [Theory]
    [InlineData("[Interface]", "[Interface]\nCheckAlive = 1.1.1.1, 3.3.3.3", "wp.conf:2: CheckAlive is ignored: no host is pinged; /readyz of --metrics tells whether the peers answer.")]
    [InlineData("[Interface]", "[Interface]\nCheckAliveInterval = 3", "wp.conf:2: CheckAliveInterval is ignored.")]
    [InlineData("[Socks5]", "[Resolve]\nResolveStrategy = ipv4\n[Socks5]", "wp.conf:10: ResolveStrategy is ignored: the addresses of a name are tried in turn, of both IP versions if we have an address of each.")]
    [InlineData("[Socks5]", "[UDPProxyTunnel]\nBindAddress = 127.0.0.1:53\nTarget = 1.1.1.1:53\n[Socks5]", "wp.conf:9: [UDPProxyTunnel] without an InactivityTimeout keeps the port of a client for --udp-timeout (60 s unless given), not for good.")]
    [InlineData("[Socks5]", "[UDPProxyTunnel]\nBindAddress = 127.0.0.1:53\nTarget = 1.1.1.1:53\nInactivityTimeout = 0\n[Socks5]", "wp.conf:9: [UDPProxyTunnel] without an InactivityTimeout keeps the port of a client for --udp-timeout (60 s unless given), not for good.")]
    [InlineData("[Socks5]", "[Socks5]\nUsername = ann\nPassword = one#two", "wp.conf:11: Password ends before #, which begins a comment, as in wireproxy: a value in backquotes is taken whole.")]
    [InlineData("[Socks5]", "[Interface]\n[Socks5]", "wp.conf:9: There is an [Interface] already: what follows is added to it, and what it has already is replaced.")]
    [InlineData("[Socks5]", "[Socks5]\nBindAddress = 127.0.0.1:1081", "wp.conf:11: [Socks5] has BindAddress twice: the first one counts.")]
    [InlineData("[Interface]", "[Interface]\nMTU = 1300\nMTU = 1400", "wp.conf:3: [Interface] has MTU twice: the last one counts.")]
    public async Task What_is_done_otherwise_is_a_warning(string before, string after, string warning)
    {
        var text = $"{Tunnel}\n[Socks5]\nBindAddress = 127.0.0.1:1080".Replace(before, after, StringComparison.Ordinal);
        Assert.Equal([warning], (await ReadValidAsync(text)).Warnings);
    }

    [Fact]
    public async Task A_value_may_come_from_a_variable_whose_readers_do_not_matter()
    {
        _machine.Variables["WG_KEY"] = TestMachine.PrivateKey;
        _machine.Variables["WHERE"] = "nowhere";
        _machine.FileMode = UnixFileMode.OtherRead;
        var text = $"{Tunnel}\n[Socks5]\nBindAddress = 127.0.0.1:1080\nUsername = ann\nPassword = $$ecret"
            .Replace(TestMachine.PrivateKey, "$WG_KEY", StringComparison.Ordinal);
        var configuration = await ReadValidAsync(text);
        Assert.Equal(TestMachine.PublicKey, $"{configuration.Tunnel.PrivateKey.PublicKey}");
        Assert.Equal("$ecret", configuration.Services.Proxies[0].User?.Password);
        Assert.Equal(["Proxy password file /etc/wireproxy/wp.conf is world-readable. This is insecure."], configuration.Warnings);
        Assert.Equal(
            ["wp.conf:8 ($WHERE): Invalid endpoint address: 'nowhere' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820"],
            await FaultsOfAsync(text.Replace("140.30.3.182:51820", "$WHERE", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Standard_input_and_output_of_stdio_go_where_the_file_says()
    {
        _machine.Files["wp.conf"] = $"{Tunnel}\n[STDIOTunnel]\nTarget = ssh.example.net:22";
        var settings = _machine.Parse("--config", "wp.conf") with { NeedsForwards = false };
        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, _machine.Machine, TestContext.Current.CancellationToken);
        Assert.Empty(faults);
        Assert.Equal(new NamedEndPoint("ssh.example.net", 22), configuration!.Stdio);
    }

    [Theory]
    [InlineData("", 2, "Error: HOST:PORT is missing")]
    [InlineData("\n[STDIOTunnel]\nTarget = localhost:22", 1, "Error: wp.conf:10: Invalid Target: localhost is this machine")]
    [InlineData("\n[STDIOTunnel]\nTarget = a:1\n[STDIOTunnel]\nTarget = b:1", 1, "Error: wp.conf:11: there is more than one [STDIOTunnel]")]
    public async Task Stdio_has_one_place_to_go_to(string section, int exitCode, string message)
    {
        _machine.Files["wp.conf"] = $"{Tunnel}{section}";
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(
            exitCode, await new CommandLine(_machine.Machine, TextReader.Null, output, error).RunAsync(["stdio", "--config", "wp.conf"]));
        Assert.StartsWith(message, error.ToString());
    }

    [Fact]
    public async Task Check_shows_what_would_run_and_no_secret()
    {
        _machine.Files["wp.conf"] = Complete;
        var (output, error) = (new StringWriter(), new StringWriter());
        Assert.Equal(0, await new CommandLine(_machine.Machine, TextReader.Null, output, error).RunAsync(["--config", "wp.conf", "--check"]));
        Assert.Contains("TCP [127.0.0.1:25565]->[play.example.net:25565] (via [140.30.3.182:51820] as peer 10.200.200.2)", output.ToString());
        Assert.Contains("SOCKS5 proxy on [127.0.0.1:25344] into the tunnel (as peer 10.200.200.2) for ann", output.ToString());
        Assert.Contains("SOCKS5 proxy on [127.0.0.1:25346] into the tunnel (as peer 10.200.200.2) for anyone who reaches it", output.ToString());
        Assert.DoesNotContain("one:two", output.ToString());
    }

    private async Task<ForwarderConfiguration> ReadValidAsync(string text, params string[] arguments)
    {
        _machine.Files["/etc/wireproxy/wp.conf"] = text.ReplaceLineEndings("\n");
        return await _machine.ReadValidAsync(["--config", "/etc/wireproxy/wp.conf", .. arguments]);
    }

    private async Task<IEnumerable<string>> FaultsOfAsync(string text)
    {
        _machine.Files["/etc/wireproxy/wp.conf"] = text.ReplaceLineEndings("\n");
        var (_, faults) = await _machine.ReadAsync("--config", "/etc/wireproxy/wp.conf");
        return faults.Select(fault => fault.Message);
    }
}
