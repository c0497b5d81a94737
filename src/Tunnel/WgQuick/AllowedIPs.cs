using System.Net;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.WgQuick;

/// <summary>Which peer gets what: the prefixes that files give them.</summary>
internal static class AllowedIPs
{
    private static readonly IPNetwork[] Everything = [new(IPAddress.Any, 0), new(IPAddress.IPv6Any, 0)];

    /// <summary>Reads those of a peer, which may be spread over lines; what is wrong with one of them is told with it.</summary>
    /// <param name="values">What was written. Where there is nothing, the only peer may send and get all.</param>
    /// <param name="fault">Hears of a value, and what is wrong with it.</param>
    public static IReadOnlyList<IPNetwork> Read(IReadOnlyList<WgQuickValue> values, Action<WgQuickValue, string> fault)
    {
        if (values.Count == 0)
        {
            return Everything;
        }

        var networks = new List<IPNetwork>();
        var isEmpty = true;
        foreach (var value in values)
        {
            foreach (var item in value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                isEmpty = false;
                if (PrefixText.TryParse(item, out var network, out _))
                {
                    networks.Add(network);
                }
                else
                {
                    fault(value, $"'{item}' is not an address with a prefix length");
                }
            }
        }

        if (isEmpty)
        {
            fault(values[^1], "it is empty, so nothing would be sent to this peer or taken from it; list the networks behind it, "
                + "as in 192.168.4.0/24");
        }

        return networks;
    }

    /// <summary>The peers, each without the prefixes that later ones name: wg gives a prefix to the last.</summary>
    /// <param name="peers">In the order of the file, with what people are told they are called.</param>
    /// <param name="warn">Hears of each prefix that was taken from a peer.</param>
    public static IReadOnlyList<PeerOptions> ToTheLast(IReadOnlyList<(string Name, PeerOptions Peer)> peers, Action<string> warn) =>
        [.. peers.Select((one, index) => WithoutThoseOf([.. peers.Skip(index + 1)], one, warn))];

    /// <summary>The one that has an address: the longest of the prefixes that hold it decides.</summary>
    public static PeerOptions? PeerOf(IEnumerable<PeerOptions> peers, IPAddress destination) => peers
        .SelectMany(peer => peer.AllowedIPs, (peer, network) => (Peer: peer, Network: network))
        .Where(entry => entry.Network.Contains(destination))
        .OrderByDescending(entry => entry.Network.PrefixLength)
        .FirstOrDefault().Peer;

    private static PeerOptions WithoutThoseOf(
        List<(string Name, PeerOptions Peer)> later, (string Name, PeerOptions Peer) one, Action<string> warn)
    {
        var taken = one.Peer.AllowedIPs.Distinct().ToLookup(
            network => later.FindLast(other => other.Peer.AllowedIPs.Contains(network)).Name ?? "");
        foreach (var networks in taken.Where(networks => networks.Key.Length > 0))
        {
            warn($"{one.Name} and {networks.Key} have the same AllowedIPs: {string.Join(", ", networks)}. "
                + $"As with wg, {networks.Key} gets what goes there, as the last to name it.");
        }

        return one.Peer with { AllowedIPs = [.. taken[""]] };
    }
}
