using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Extensions.Hosting;

/// <summary>Turns configured text into a tunnel's options, or says all that is wrong with it.</summary>
/// <param name="path">Where in the configuration the text is.</param>
internal sealed class TunnelOptionsReader(string path)
{
    private readonly List<string> _faults = [];

    /// <summary>What is wrong, each with where; no part of a secret.</summary>
    public IReadOnlyList<string> Faults => _faults;

    /// <summary>The options, whose private key is the caller's to dispose; null if anything is wrong.</summary>
    public TunnelOptions? Read(WireGuardTunnelOptions text)
    {
        foreach (var (at, fault) in text.Misread)
        {
            Add(at, fault);
        }

        var key = ReadPrivateKey(text);
        var addresses = ReadAddresses(text.Addresses);
        var (resolvers, domains) = ReadDns(text.Dns);
        Check(nameof(text.Mtu), text.Mtu, addresses.Any(one => one.Address.AddressFamily == AddressFamily.InterNetworkV6) ? 1280 : 576, 65_475);
        Check(nameof(text.ListenPort), text.ListenPort, IPEndPoint.MinPort, IPEndPoint.MaxPort);
        var peers = new PeerOptionsReader(Add, Check).Read(text.Peers, key?.PublicKey);
        if (_faults.Count > 0)
        {
            key?.Dispose();
            return null;
        }

        return new TunnelOptions
        {
            PrivateKey = key!,
            Addresses = addresses,
            Dns = resolvers,
            SearchDomains = domains,
            Mtu = text.Mtu,
            Peers = peers,
            Transport = new UdpTransportOptions { BindEndPoint = text.ListenPort == 0 ? null : UdpTransportOptions.Anywhere(text.ListenPort) },
        };
    }

    private void Add(string at, string fault) => _faults.Add($"{path}:{at}: {fault}");

    private void Check(string at, int value, int lowest, int highest)
    {
        if (value < lowest || value > highest)
        {
            Add(at, $"{value} is not from {lowest} to {highest}.");
        }
    }

    private PrivateKey? ReadPrivateKey(WireGuardTunnelOptions text)
    {
        var at = nameof(text.PrivateKey);
        var key = text.PrivateKey;
        if (!string.IsNullOrEmpty(text.PrivateKeyFile))
        {
            at = nameof(text.PrivateKeyFile);
            if (!string.IsNullOrEmpty(key))
            {
                Add(at, $"there is {nameof(text.PrivateKey)} too, and only one of them counts.");
                return null;
            }

            try
            {
                key = File.ReadAllText(text.PrivateKeyFile).Trim();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                Add(at, $"{SafeText.Of(text.PrivateKeyFile)} cannot be read: {SafeText.Of(error.Message)}");
                return null;
            }
        }

        try
        {
            return PrivateKey.Parse(key ?? "");
        }
        catch (FormatException error)
        {
            Add(at, string.IsNullOrEmpty(key) ? $"this is missing, or else {nameof(text.PrivateKeyFile)}." : error.Message);
            return null;
        }
    }

    private List<InterfaceAddress> ReadAddresses(IList<string> texts)
    {
        List<InterfaceAddress> addresses = [];
        for (var i = 0; i < texts.Count; i++)
        {
            var at = $"{nameof(WireGuardTunnelOptions.Addresses)}:{i}";
            if (!PrefixText.TryParse(texts[i], out var network, out var address))
            {
                Add(at, $"'{SafeText.Of(texts[i])}' is no address with a prefix length, as in 10.0.0.2/24.");
            }
            else if (AddressFault.OfOurs(address) is { } fault)
            {
                Add(at, $"{address} {fault}.");
            }
            else
            {
                addresses.Add(new InterfaceAddress(address, network.PrefixLength));
            }
        }

        if (texts.Count == 0)
        {
            Add(nameof(WireGuardTunnelOptions.Addresses), "there is none.");
        }

        return addresses;
    }

    /// <summary>As in wg-quick, what is no address is a domain to search.</summary>
    private (List<IPAddress> Resolvers, List<string> Domains) ReadDns(IList<string> texts)
    {
        List<IPAddress> resolvers = [];
        List<string> domains = [];
        for (var i = 0; i < texts.Count; i++)
        {
            if (HostText.TryParseAddress(texts[i], out var address))
            {
                resolvers.Add(address);
            }
            else if (HostText.IsDomain(texts[i]))
            {
                domains.Add(texts[i]);
            }
            else
            {
                Add($"{nameof(WireGuardTunnelOptions.Dns)}:{i}", $"'{SafeText.Of(texts[i])}' is neither an address nor a domain.");
            }
        }

        return (resolvers, domains);
    }
}
