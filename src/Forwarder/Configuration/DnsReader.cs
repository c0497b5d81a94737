using System.Net;
using Onetun.Tunnel.WgQuick;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the resolvers behind the tunnel, and the domains that names are searched in, which a file may give.</summary>
internal sealed class DnsReader(Settings settings, FaultList faults, List<string> warnings)
{
    private readonly Setting _setting = settings[Options.Dns];

    public (IReadOnlyList<IPAddress> Servers, IReadOnlyList<string> SearchDomains) Read(IReadOnlyList<IPAddress> ours)
    {
        var resolvers = new Resolvers(ours, settings.NameOf(Options.SourcePeerIp), warnings.Add);
        var isFile = _setting.Source == SettingSource.File;
        Action<string, Action<string>> add = isFile ? resolvers.Add : resolvers.AddServer;
        foreach (var item in _setting.IsPresent ? _setting.Items : [])
        {
            add(item, reason => faults.Value(_setting, $"Invalid {Options.Dns.NameIn(_setting.Source)}: {reason}"));
        }

        return (resolvers.Usable(isFile, settings.NameOf(Options.Dns)), resolvers.SearchDomains);
    }
}
