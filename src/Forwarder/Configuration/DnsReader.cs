using System.Net;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the resolvers behind the tunnel, and the domains that names are searched in, which a file may give.</summary>
internal sealed class DnsReader(Settings settings, FaultList faults, List<string> warnings)
{
    private readonly Setting _setting = settings[Options.Dns];
    private readonly List<IPAddress> _servers = [];
    private readonly List<string> _domains = [];

    public (IReadOnlyList<IPAddress> Servers, IReadOnlyList<string> SearchDomains) Read(IReadOnlyList<IPAddress> ours)
    {
        foreach (var item in _setting.IsPresent ? _setting.Items : [])
        {
            Read(item);
        }

        var servers = Usable(ours);
        if (servers.Count == 0 && _domains.Count > 0)
        {
            warnings.Add($"{Name} has search domains only ({string.Join(", ", _domains)}) and no resolver: they are not used, and this "
                + "machine's resolver is asked for names, outside the tunnel.");
        }

        return (servers, _domains);
    }

    private bool IsFile => _setting.Source == SettingSource.File;

    private string Name => settings.NameOf(Options.Dns);

    private void Read(string item)
    {
        if (HostText.TryParseAddress(item, out var server) && !item.Contains('%'))
        {
            Add(server);
        }
        else if (!IsFile)
        {
            Fault($"'{item}' is not an IP address");
        }
        else if (item.StartsWith('~'))
        {
            // It is for systemd-resolved, which asks the resolvers of a link only for what lies below such domains.
            warnings.Add($"The routing domain {item} is ignored: every name is asked for inside the tunnel.");
        }
        else if (HostText.IsDomain(item))
        {
            // wg-quick(8) takes what is not an address for a search domain.
            _domains.Add(item.TrimEnd('.'));
        }
        else
        {
            Fault($"'{item}' is neither a search domain nor the IP address of a resolver, which has no port, prefix length, "
                + "zone, URL or quotes around it");
        }
    }

    private void Add(IPAddress server)
    {
        if (AddressFault.OfOurs(server) is { } reason)
        {
            Fault($"{server} {reason}");
        }
        else
        {
            _servers.Add(server);
        }
    }

    private List<IPAddress> Usable(IReadOnlyList<IPAddress> ours)
    {
        var usable = _servers.FindAll(server => ours.Any(address => address.AddressFamily == server.AddressFamily));
        foreach (var server in ours.Count > 0 ? _servers.Except(usable) : [])
        {
            // The files of providers list resolvers of both versions, whether or not they give addresses of both.
            if (IsFile && usable.Count > 0)
            {
                warnings.Add($"The resolver {server} is ignored: we have no address of its IP version.");
                continue;
            }

            var addresses = settings.NameOf(Options.SourcePeerIp);
            Fault($"{server} and {addresses} ({string.Join(',', ours)}) must be the same IP version");
        }

        return usable;
    }

    private void Fault(string reason) => faults.Value(_setting, $"Invalid {Options.Dns.NameIn(_setting.Source)}: {reason}");
}
