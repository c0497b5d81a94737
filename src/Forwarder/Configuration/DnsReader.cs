using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the resolvers behind the tunnel.</summary>
internal sealed class DnsReader(Settings settings, FaultList faults, List<string> warnings)
{
    public IReadOnlyList<IPAddress> Read(IReadOnlyList<IPAddress> ours)
    {
        var servers = new List<IPAddress>();
        if (settings.Dns.Value is not { } text)
        {
            return servers;
        }

        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (HostText.TryParseAddress(item, out var server))
            {
                Add(server, ours, servers);
            }
            else if (settings.Dns.Source == SettingSource.File && item.Length > 0 && !HostText.IsBrokenIPv4(item))
            {
                // wg-quick(8): what is no address is a search domain
                warnings.Add($"The search domain {item} is ignored: names are asked for as they are.");
            }
            else
            {
                faults.Value(settings.Dns, $"Invalid --dns: '{item}' is not an IP address");
            }
        }

        return servers;
    }

    private void Add(IPAddress server, IReadOnlyList<IPAddress> ours, List<IPAddress> servers)
    {
        if (AddressFault.OfOurs(server) is { } reason)
        {
            faults.Value(settings.Dns, $"Invalid --dns: {server} {reason}");
        }
        else if (ours.Count > 0 && !ours.Any(address => address.AddressFamily == server.AddressFamily))
        {
            faults.Value(
                settings.Dns,
                $"Invalid --dns: {server} and --source-peer-ip ({string.Join(',', ours)}) must be the same IP version");
        }
        else
        {
            servers.Add(server);
        }
    }
}
