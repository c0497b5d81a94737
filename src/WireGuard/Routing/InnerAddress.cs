using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.WireGuard;

/// <summary>An address inside the tunnel, its first bit highest; IPv4 fills the upper 32 bits.</summary>
internal readonly record struct InnerAddress(UInt128 Bits, bool IsIPv4)
{
    public const int Ipv4Bits = 32;
    public const int Ipv6Bits = 128;

    public static InnerAddress ReadIpv4(ReadOnlySpan<byte> bytes) =>
        new((UInt128)BinaryPrimitives.ReadUInt32BigEndian(bytes) << (Ipv6Bits - Ipv4Bits), IsIPv4: true);

    public static InnerAddress ReadIpv6(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt128BigEndian(bytes), IsIPv4: false);

    public static InnerAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? ReadIpv4(bytes) : ReadIpv6(bytes);
    }
}
