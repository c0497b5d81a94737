using System.Net;

namespace Onetun.Testing;

/// <summary>The hosts of a network by name, each the last that had it.</summary>
internal sealed class HostNames
{
    // RFC 6761 §6.2: no name of the real world ends like this
    private const string Domain = ".test";

    private readonly Dictionary<string, VirtualHost> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>All of them, in the order in which their names were first given.</summary>
    public IReadOnlyList<VirtualHost> All
    {
        get
        {
            lock (_hosts)
            {
                return [.. _hosts.Values];
            }
        }
    }

    /// <summary>The host of that name, with or without the domain.</summary>
    public VirtualHost? Find(string name)
    {
        name = name.TrimEnd('.');
        lock (_hosts)
        {
            return _hosts.GetValueOrDefault(name) ?? (name.EndsWith(Domain, StringComparison.OrdinalIgnoreCase)
                ? _hosts.GetValueOrDefault(name[..^Domain.Length])
                : null);
        }
    }

    public void Set(VirtualHost host)
    {
        lock (_hosts)
        {
            _hosts[host.Name] = host;
        }
    }

    /// <summary>An address that no host has.</summary>
    public IPAddress FreeAddress()
    {
        HashSet<IPAddress> taken = [.. All.SelectMany(host => host.Addresses).Select(one => one.Address)];
        return Enumerable.Range(1, ushort.MaxValue)
            .Select(number => new IPAddress([10, 0, (byte)(number >> 8), (byte)number]))
            .First(address => !taken.Contains(address));
    }
}
