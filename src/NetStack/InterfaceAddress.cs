using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>An address of ours, with the prefix length of its network.</summary>
public sealed record InterfaceAddress
{
    /// <summary>Creates an address with a prefix length.</summary>
    /// <param name="address">The address, IPv4 or IPv6.</param>
    /// <param name="prefixLength">The number of bits that the hosts of its network share: 0 to 32, or to 128 for IPv6.</param>
    /// <exception cref="ArgumentException">The address cannot be a host's: it is unspecified, multicast, broadcast or loopback.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The prefix length is out of range.</exception>
    public InterfaceAddress(IPAddress address, int prefixLength)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (!IpAddress.From(address).MaySend)
        {
            throw new ArgumentException($"{address} cannot be the address of a host in a tunnel.", nameof(address));
        }

        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, LengthOf(address));
        Address = address;
        PrefixLength = prefixLength;
    }

    /// <summary>The address itself.</summary>
    public IPAddress Address { get; }

    /// <summary>The number of bits that the hosts of its network share: 0 to 32, or to 128 for IPv6.</summary>
    public int PrefixLength { get; }

    /// <summary>An address without a network: its prefix length is 32, or 128 for IPv6.</summary>
    public static implicit operator InterfaceAddress(IPAddress address) => FromIPAddress(address);

    /// <summary>An address without a network: its prefix length is 32, or 128 for IPv6.</summary>
    public static InterfaceAddress FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new InterfaceAddress(address, LengthOf(address));
    }

    /// <summary>
    /// The source address for packets to a host: the host's own if it is one of ours. Otherwise, of the addresses of its IP version,
    /// it is the one with the longest prefix that contains the host; if none contains it, the first one, or in IPv6 the one that RFC
    /// 6724 §5 prefers.
    /// </summary>
    /// <param name="ours">Our addresses.</param>
    /// <param name="destination">The address of the host.</param>
    /// <returns>One of our addresses; null if none is of the host's IP version.</returns>
    public static IPAddress? SourceFor(IReadOnlyList<InterfaceAddress> ours, IPAddress destination)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(destination);
        return new SourceAddresses(ours).TryFind(IpAddress.From(destination), out var source) ? source.ToIPAddress() : null;
    }

    /// <summary>The address and its prefix length, as in 192.168.4.3/24.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";

    private static int LengthOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
}
