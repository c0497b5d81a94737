using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// An IPv4 or IPv6 address in 128 bits. An IPv4 address is held as its IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2), so that one
/// flow table serves both versions.
/// </summary>
internal readonly record struct IpAddress(ulong High, ulong Low)
{
    public const int Ipv4Length = 4;

    public const int Ipv6Length = 16;

    private const ulong MappedPrefix = 0xFFFF_0000_0000;

    public bool IsIPv4 => High == 0 && (Low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;

    /// <summary>The four bytes of an IPv4 address, as a big-endian number.</summary>
    public uint Ipv4Value => (uint)Low;

    public int Length => IsIPv4 ? Ipv4Length : Ipv6Length;

    /// <summary>224.0.0.0/4 or ff00::/8.</summary>
    public bool IsMulticast => IsIPv4 ? Ipv4Value >> 28 == 0xE : High >> 56 == 0xFF;

    public bool IsUnspecified => High == 0 && Low is 0 or MappedPrefix;

    /// <summary>127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => IsIPv4 ? Ipv4Value >> 24 == 127 : High == 0 && Low == 1;

    /// <summary>255.255.255.255.</summary>
    public bool IsBroadcast => IsIPv4 && Ipv4Value == uint.MaxValue;

    /// <summary>
    /// Whether it may be the source of a packet in a tunnel, where no host asks for an address (RFC 1122 §3.2.1.3, RFC 4291
    /// §2.5.2, §2.5.3, §2.7).
    /// </summary>
    public bool MaySend => !IsMulticast && !IsBroadcast && !IsLoopback && (IsIPv4 ? Ipv4Value >> 24 != 0 : !IsUnspecified);

    /// <summary>The whole address, as a big-endian number.</summary>
    public UInt128 Value => new(High, Low);

    public static IpAddress From(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[Ipv6Length];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork ? ReadIpv4(bytes) : ReadIpv6(bytes);
    }

    public static IpAddress FromIpv4(uint value) => new(0, MappedPrefix | value);

    public static IpAddress ReadIpv4(ReadOnlySpan<byte> bytes) => FromIpv4(BinaryPrimitives.ReadUInt32BigEndian(bytes));

    public static IpAddress ReadIpv6(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]));

    /// <summary>Writes the 4 or 16 bytes of its version.</summary>
    public void Write(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, Ipv4Value);
            return;
        }

        BinaryPrimitives.WriteUInt128BigEndian(destination, Value);
    }

    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[Length];
        Write(bytes);
        return new IPAddress(bytes);
    }

    public override string ToString() => ToIPAddress().ToString();
}
