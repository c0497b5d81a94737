using System.Net;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.WgQuick;

/// <summary>Reads the resolvers behind the tunnel, and the domains that names are searched in.</summary>
/// <param name="ours">Our addresses.</param>
/// <param name="nameOfOurs">What people are told they are called.</param>
/// <param name="warn">Hears what is ignored.</param>
internal sealed class Resolvers(IReadOnlyList<IPAddress> ours, string nameOfOurs, Action<string> warn)
{
    private readonly List<(IPAddress Server, Action<string> Fault)> _servers = [];
    private readonly List<string> _domains = [];

    /// <summary>The domains, without the dot at the end.</summary>
    public IReadOnlyList<string> SearchDomains => _domains;

    /// <summary>Adds a resolver alone, as it stands on a command line.</summary>
    public void AddServer(string item, Action<string> fault)
    {
        if (!TryAddServer(item, fault))
        {
            fault($"'{item}' is not an IP address");
        }
    }

    /// <summary>Adds an item of a file.</summary>
    public void Add(string item, Action<string> fault)
    {
        if (TryAddServer(item, fault))
        {
            return;
        }

        if (item.StartsWith('~'))
        {
            // It is for systemd-resolved, which asks the resolvers of a link only for what lies below such domains.
            warn($"The routing domain {item} is ignored: every name is asked for inside the tunnel.");
        }
        else if (HostText.IsDomain(item))
        {
            // wg-quick(8) takes what is not an address for a search domain.
            _domains.Add(item.TrimEnd('.'));
        }
        else
        {
            fault($"'{item}' is neither a search domain nor the IP address of a resolver, which has no port, prefix length, "
                + "zone, URL or quotes around it");
        }
    }

    /// <summary>Those that we have an address for.</summary>
    /// <param name="isFile">Whether the others are passed over if there are any.</param>
    /// <param name="name">What the list is called.</param>
    public IReadOnlyList<IPAddress> Usable(bool isFile, string name)
    {
        var usable = _servers.FindAll(one => ours.Any(address => address.AddressFamily == one.Server.AddressFamily));
        foreach (var (server, fault) in ours.Count > 0 ? _servers.Except(usable).DistinctBy(one => one.Server) : [])
        {
            // The files of providers list resolvers of both versions, whether or not they give addresses of both.
            if (isFile && usable.Count > 0)
            {
                warn($"The resolver {server} is ignored: we have no address of its IP version.");
            }
            else
            {
                fault($"{server} and {nameOfOurs} ({string.Join(',', ours)}) must be the same IP version");
            }
        }

        if (usable.Count == 0 && _domains.Count > 0)
        {
            warn($"{name} has search domains only ({string.Join(", ", _domains)}) and no resolver: they are not used, and this "
                + "machine's resolver is asked for names, outside the tunnel.");
        }

        return [.. usable.Select(one => one.Server)];
    }

    /// <summary>Warnings of resolvers that no packet reaches.</summary>
    public static IEnumerable<string> Unreached(IEnumerable<IPAddress> servers, IReadOnlyList<PeerOptions> peers) =>
        servers.Where(server => AllowedIPs.PeerOf(peers, server) is null)
            .Select(server => $"The resolver {server} is in no peer's AllowedIPs: it will not be reached.");

    private bool TryAddServer(string item, Action<string> fault)
    {
        if (!HostText.TryParseAddress(item, out var server) || item.Contains('%'))
        {
            return false;
        }

        if (AddressFault.OfOurs(server) is { } reason)
        {
            fault($"{server} {reason}");
        }
        else
        {
            _servers.Add((server, fault));
        }

        return true;
    }
}
