using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.WireGuard;

/// <summary>Where a peer is, as a value: no object is made to compare or to keep one.</summary>
/// <param name="Address">The address, IPv4 as its IPv4-mapped IPv6 form.</param>
/// <param name="Port">The UDP port.</param>
/// <param name="ScopeId">The interface a link-local address belongs to, otherwise 0.</param>
public readonly record struct Endpoint(UInt128 Address, ushort Port, uint ScopeId = 0)
{
    /// <summary>Whether the address is an IPv4 one.</summary>
    public bool IsIPv4 => Address >> 32 == 0xFFFF;

    /// <summary>The value of an IPv4 or IPv6 endpoint.</summary>
    public static Endpoint From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        uint scope = endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? (uint)endPoint.Address.ScopeId : 0;
        return new Endpoint(BinaryPrimitives.ReadUInt128BigEndian(bytes), (ushort)endPoint.Port, scope);
    }

    /// <summary>The same as an object, IPv4 in its own family.</summary>
    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        return new IPEndPoint(IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes, ScopeId), Port);
    }
}
