using System.Net;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the resolvers behind the tunnel.</summary>
internal sealed class DnsReader(Settings settings, FaultList faults, List<string> warnings)
{
    public IReadOnlyList<IPAddress> Read(IReadOnlyList<IPAddress> ours)
    {
        var servers = new List<IPAddress>();
        if (!settings.Dns.IsPresent)
        {
            return servers;
        }

        foreach (var item in settings.Dns.Items)
        {
            if (HostText.TryParseAddress(item, out var server))
            {
                Add(server, servers);
            }
            else if (IsFile && !HostText.IsBrokenIPv4(item))
            {
                // wg-quick(8): what is no address is a search domain
                warnings.Add($"The search domain {item} is ignored: names are asked for as they are.");
            }
            else
            {
                faults.Value(settings.Dns, $"Invalid --dns: '{item}' is not an IP address");
            }
        }

        return Usable(servers, ours);
    }

    private bool IsFile => settings.Dns.Source == SettingSource.File;

    private void Add(IPAddress server, List<IPAddress> servers)
    {
        if (AddressFault.OfOurs(server) is { } reason)
        {
            faults.Value(settings.Dns, $"Invalid --dns: {server} {reason}");
        }
        else
        {
            servers.Add(server);
        }
    }

    private List<IPAddress> Usable(List<IPAddress> servers, IReadOnlyList<IPAddress> ours)
    {
        var usable = servers.FindAll(server => ours.Any(address => address.AddressFamily == server.AddressFamily));
        foreach (var server in ours.Count > 0 ? servers.Except(usable) : [])
        {
            // .. a file of a provider lists resolvers of both versions, whether or not it gives addresses of both
            if (IsFile && usable.Count > 0)
            {
                warnings.Add($"The resolver {server} is ignored: we have no address of its IP version.");
                continue;
            }

            faults.Value(
                settings.Dns,
                $"Invalid --dns: {server} and --source-peer-ip ({string.Join(',', ours)}) must be the same IP version");
        }

        return usable;
    }
}
