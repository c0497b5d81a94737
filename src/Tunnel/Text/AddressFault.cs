using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Text;

/// <summary>Says why an address cannot be that of a host.</summary>
internal static class AddressFault
{
    /// <summary>Null for one that can.</summary>
    public static string? OfHost(IPAddress address) => MappedAddress.Unmap(address) switch
    {
        var host when host.Equals(IPAddress.Any) || host.Equals(IPAddress.IPv6Any) => "is the unspecified address",
        var host when host.Equals(IPAddress.Broadcast) => "is the broadcast address",
        var host when IsMulticast(host) => "is a multicast address",
        var host when IsThisNetwork(host) => "is in 0.0.0.0/8, where no host is",
        _ => null,
    };

    /// <summary>The same of one that others are to reach us by.</summary>
    public static string? OfOurs(IPAddress address) =>
        IsLoopback(address) ? "is a loopback address" : OfHost(address);

    /// <summary>
    /// Whether it is the machine's own, also as IPv4 mapped to IPv6 (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3, §2.5.5.2).
    /// </summary>
    public static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(MappedAddress.Unmap(address));

    // RFC 1122 §3.2.1.3: such an address is one of a host that does not know its own yet.
    private static bool IsThisNetwork(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] == 0;

    // RFC 5771 §3 and RFC 4291 §2.7 have the multicast addresses.
    private static bool IsMulticast(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? address.IsIPv6Multicast
        : address.GetAddressBytes()[0] is >= 224 and < 240;
}
