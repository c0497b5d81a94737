using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Onetun.Extensions.Hosting;
using Onetun.Tests.Library;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Hosting.Tests;

/// <summary>What is said of options that are wrong.</summary>
public sealed class ValidationTests : IDisposable
{
    private readonly HostKeys _keys = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task All_faults_are_told_at_once_with_their_paths()
    {
        var broken = _keys.Ours.ToBase64()[..^2] + "==";
        var error = await FailAsync(new()
        {
            ["Tunnels:Office:PrivateKey"] = broken,
            ["Tunnels:Office:Addresses"] = "10.0.0.2/24, 127.0.0.1",
            ["Tunnels:Office:Dns:0"] = "not an address",
            ["Tunnels:Office:Mtu"] = "1,420",
            ["Tunnels:Office:ListenPort"] = "65536",
            ["Tunnels:Office:Peers:0:PublicKey"] = _keys.Theirs.PublicKey.ToString(),
            ["Tunnels:Office:Peers:0:PresharedKey"] = broken,
            ["Tunnels:Office:Peers:0:Endpoint"] = "example.com",
            ["Tunnels:Office:Peers:1:PublicKey"] = _keys.Theirs.PublicKey.ToString(),
            ["Tunnels:Office:Peers:1:AllowedIPs:0"] = "10.0.0.0/33",
            ["Tunnels:Office:Peers:1:PersistentKeepalive"] = "65536",
        });

        string[] expected =
        [
            "Tunnels:Office:Mtu: this is no number.",
            "Tunnels:Office:PrivateKey: A private key",
            "Tunnels:Office:Addresses:1: 127.0.0.1 is a loopback address.",
            "Tunnels:Office:Dns:0: 'not an address' is neither an address nor a domain.",
            "Tunnels:Office:ListenPort: 65536 is not from 0 to 65535.",
            "Tunnels:Office:Peers:0:PresharedKey: A preshared key",
            "Tunnels:Office:Peers:0:Endpoint: 'example.com' is not host:port",
            "Tunnels:Office:Peers:0:AllowedIPs: there is none",
            "Tunnels:Office:Peers:1:PublicKey: another peer has this key.",
            "Tunnels:Office:Peers:1:PersistentKeepalive: 65536 is not from 0 to 65535.",
            "Tunnels:Office:Peers:1:AllowedIPs:0: '10.0.0.0/33' is no prefix",
        ];
        Assert.Equal(expected.Length, error.Failures.Count());
        Assert.All(expected, text => Assert.Contains(error.Failures, fault => fault.StartsWith(text, StringComparison.Ordinal)));
        Assert.DoesNotContain(broken[..16], error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Option_that_is_misspelt_is_a_fault()
    {
        var error = await FailAsync(new()
        {
            ["Tunnels:Office:Adresses:0"] = "10.0.0.2/24",
            ["Tunnels:Office:Peers:0:Endpont"] = "example.com:51820",
        });
        Assert.Contains(error.Failures, fault => fault.StartsWith("Tunnels:Office:Adresses: there is no such option", StringComparison.Ordinal));
        Assert.Contains(error.Failures, fault => fault.StartsWith("Tunnels:Office:Peers:0:Endpont: there is no such option", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Empty_section_says_what_is_needed()
    {
        var error = await FailAsync([]);

        Assert.Equal(
            [
                "Tunnels:Office:PrivateKey: this is missing, or else PrivateKeyFile.",
                "Tunnels:Office:Addresses: there is none.",
                "Tunnels:Office:Peers: there is none.",
            ],
            error.Failures);
    }

    [Fact]
    public async Task File_that_is_not_there_is_a_fault_of_its_option()
    {
        var settings = _keys.Settings("Tunnels:Office");
        settings["Tunnels:Office:PrivateKey"] = null;
        settings["Tunnels:Office:PrivateKeyFile"] = "/nowhere/key";

        var error = await FailAsync(settings);

        Assert.StartsWith("Tunnels:Office:PrivateKeyFile: /nowhere/key cannot be read", error.Failures.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_option_reaches_the_tunnel()
    {
        using var shared = PresharedKey.Generate();
        var text = new WireGuardTunnelOptions { PrivateKey = _keys.Ours.ToBase64(), Mtu = 1300, ListenPort = 51820 };
        text.Addresses.Add("10.0.0.2/24");
        text.Addresses.Add("fd00::2");
        text.Dns.Add("10.0.0.1");
        text.Dns.Add("corp.example");
        var peer = new WireGuardPeerOptions
        {
            PublicKey = _keys.Theirs.PublicKey.ToString(),
            PresharedKey = shared.ToBase64(),
            Endpoint = "vpn.example.com:51821",
            PersistentKeepalive = 25,
        };
        peer.AllowedIPs.Add("10.0.0.0/24");
        text.Peers.Add(peer);
        var reader = new TunnelOptionsReader("office");

        var options = reader.Read(text);

        Assert.Empty(reader.Faults);
        Assert.Equal(_keys.Ours.PublicKey, options!.PrivateKey.PublicKey);
        Assert.Equal(["10.0.0.2/24", "fd00::2/128"], options.Addresses.Select(address => $"{address}"));
        Assert.Equal((1300, 51820), (options.Mtu, options.Transport.BindEndPoint!.Port));
        Assert.Equal(["10.0.0.1"], options.Dns.Select(address => $"{address}"));
        Assert.Equal(["corp.example"], options.SearchDomains);
        var its = options.Peers.Single();
        Assert.Equal((_keys.Theirs.PublicKey, "vpn.example.com:51821", 25.0), (its.PublicKey, $"{its.EndPoint}", its.PersistentKeepalive.TotalSeconds));
        Assert.Equal((shared.ToBase64(), "10.0.0.0/24"), (its.PresharedKey!.ToBase64(), $"{its.AllowedIPs.Single()}"));
        options.PrivateKey.Dispose();
    }

    [Fact]
    public void Private_key_may_be_in_a_file()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, _keys.Ours.ToBase64() + "\n");
            var text = new WireGuardTunnelOptions();
            _keys.Fill(text);
            (text.PrivateKey, text.PrivateKeyFile) = (null, path);

            using var key = new TunnelOptionsReader("office").Read(text)?.PrivateKey;

            Assert.Equal(_keys.Ours.PublicKey, key?.PublicKey);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static async Task<OptionsValidationException> FailAsync(Dictionary<string, string?> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Tunnels:Office"));
        using var host = builder.Build();
        return await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync().Soon());
    }
}
