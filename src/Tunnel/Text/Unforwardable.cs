using System.Net;

namespace Onetun.Tunnel.Text;

/// <summary>
/// Addresses that no host behind a tunnel has: resolvers give them for names that they block, and a SYN to one would wait
/// a minute for its answer.
/// </summary>
internal static class Unforwardable
{
    // RFC 6890 §2.2 (what is not "Forwardable"), RFC 1112 §4, RFC 4291 §2.7
    private static readonly IPNetwork[] Always =
    [
        IPNetwork.Parse("0.0.0.0/8"),
        IPNetwork.Parse("127.0.0.0/8"),
        IPNetwork.Parse("224.0.0.0/4"),
        IPNetwork.Parse("255.255.255.255/32"),
        IPNetwork.Parse("::/128"),
        IPNetwork.Parse("::1/128"),
        IPNetwork.Parse("ff00::/8"),
    ];

    private static readonly IPNetwork[] OfOneLink = [IPNetwork.Parse("169.254.0.0/16"), IPNetwork.Parse("fe80::/10")];

    /// <summary>Whether an address is one. Link-local ones are not, where the tunnel is such a link.</summary>
    /// <param name="address">Not one that maps IPv4 to IPv6.</param>
    /// <param name="ours">Our own in the tunnel.</param>
    public static bool Is(IPAddress address, IEnumerable<IPAddress> ours) =>
        Always.Any(network => network.Contains(address))
        || OfOneLink.Any(network => network.Contains(address) && !ours.Any(network.Contains));
}
