using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>An address of ours, and how many of its first bits it shares with the hosts of its network.</summary>
public sealed record InterfaceAddress
{
    /// <summary>An address with a prefix length.</summary>
    /// <param name="address">Ours.</param>
    /// <param name="prefixLength">Bits: 0 to 32, for IPv6 to 128.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is out of range.</exception>
    public InterfaceAddress(IPAddress address, int prefixLength)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, LengthOf(address));
        Address = address;
        PrefixLength = prefixLength;
    }

    /// <summary>The address itself.</summary>
    public IPAddress Address { get; }

    /// <summary>Bits.</summary>
    public int PrefixLength { get; }

    /// <summary>An address alone: no other host is in its network.</summary>
    public static implicit operator InterfaceAddress(IPAddress address) => FromIPAddress(address);

    /// <summary>An address alone: no other host is in its network.</summary>
    public static InterfaceAddress FromIPAddress(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return new InterfaceAddress(address, LengthOf(address));
    }

    /// <summary>
    /// The one of our addresses that packets to a host come from: of those of its IP version the one whose prefix contains it, the
    /// longest first; else the first (IPv6: RFC 6724 §5). Null if there is none.
    /// </summary>
    public static IPAddress? SourceFor(IReadOnlyList<InterfaceAddress> ours, IPAddress destination)
    {
        ArgumentNullException.ThrowIfNull(ours);
        ArgumentNullException.ThrowIfNull(destination);
        return new SourceAddresses(ours).TryFind(IpAddress.From(destination), out var source) ? source.ToIPAddress() : null;
    }

    /// <summary>As <c>ip address</c> writes it.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";

    private static int LengthOf(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
}
