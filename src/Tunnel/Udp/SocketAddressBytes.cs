using System.Buffers.Binary;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// Endpoints as the sockaddr_in and sockaddr_in6 of the sockets API. The first two bytes, which hold the family in
/// a different form on each system, are left alone: a socket has one family, so they are written once.
/// </summary>
internal static class SocketAddressBytes
{
    public const int IPv4Length = 16;
    public const int IPv6Length = 28;

    private const int PortOffset = 2;
    private const int IPv4AddressOffset = 4;
    private const int IPv6AddressOffset = 8;
    private const int ScopeOffset = 24;

    public static readonly UInt128 MappedPrefix = (UInt128)0xFFFF << 32;

    /// <summary>False for an IPv6 destination on an IPv4 socket.</summary>
    public static bool TryWrite(Span<byte> address, bool ipv6, in UdpEndPoint endpoint)
    {
        BinaryPrimitives.WriteUInt16BigEndian(address[PortOffset..], endpoint.Port);
        if (ipv6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(address[IPv6AddressOffset..], endpoint.Address);
            BitConverter.TryWriteBytes(address[ScopeOffset..], endpoint.ScopeId);
            return true;
        }
        BinaryPrimitives.WriteUInt32BigEndian(address[IPv4AddressOffset..], (uint)endpoint.Address);
        return endpoint.IsIPv4;
    }

    public static UdpEndPoint Read(ReadOnlySpan<byte> address, bool ipv6)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(address[PortOffset..]);
        return ipv6
            ? new UdpEndPoint(
                BinaryPrimitives.ReadUInt128BigEndian(address[IPv6AddressOffset..]),
                port,
                BitConverter.ToUInt32(address[ScopeOffset..]))
            : new UdpEndPoint(MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(address[IPv4AddressOffset..]), port, 0);
    }
}
