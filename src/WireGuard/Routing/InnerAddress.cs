using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.WireGuard;

/// <summary>An address inside the tunnel, its first bit highest; IPv4 fills the upper 32 bits.</summary>
internal readonly record struct InnerAddress(UInt128 Bits, bool IsIPv4)
{
    public const int Ipv4Bits = 32;
    public const int Ipv6Bits = 128;

    /// <summary>An IPv6 address that stands for an IPv4 one, ::ffff:0:0/96 (RFC 4291 §2.5.5.2).</summary>
    public bool IsMapped => !IsIPv4 && Bits >> Ipv4Bits == 0xFFFF;

    /// <summary>
    /// Whether a packet may come from here: not loopback, multicast, broadcast or unspecified (RFC 1122 §3.2.1.3, RFC 4291
    /// §2.5.2, §2.5.3, §2.7). A tunnel has no DHCP and no duplicate address detection that would need the last.
    /// </summary>
    public bool MaySend => IsIPv4
        ? FirstByte is not (0 or 127 or (>= 224 and < 240)) && Bits >> (Ipv6Bits - Ipv4Bits) != uint.MaxValue
        : FirstByte != 0xFF && Bits > UInt128.One;

    private byte FirstByte => (byte)(Bits >> (Ipv6Bits - 8));

    public static InnerAddress ReadIpv4(ReadOnlySpan<byte> bytes) =>
        new((UInt128)BinaryPrimitives.ReadUInt32BigEndian(bytes) << (Ipv6Bits - Ipv4Bits), IsIPv4: true);

    public static InnerAddress ReadIpv6(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), IsIPv4: false);

    /// <summary>From the 4 bytes of an IPv4 address or the 16 of an IPv6 one.</summary>
    /// <exception cref="ArgumentException">There are neither 4 nor 16 bytes.</exception>
    public static InnerAddress Read(ReadOnlySpan<byte> address) => address.Length switch
    {
        4 => ReadIpv4(address),
        16 => ReadIpv6(address),
        _ => throw new ArgumentException("An address has 4 or 16 bytes.", nameof(address)),
    };

    public static InnerAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? ReadIpv4(bytes) : ReadIpv6(bytes);
    }
}
