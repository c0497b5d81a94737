using System.Buffers.Binary;
using System.Net;

namespace Onetun.WireGuard;

/// <summary>An outer UDP address as a value: comparing or copying it allocates nothing.</summary>
/// <param name="Address">The 16 address bytes, first byte highest; IPv4 is v4-mapped (::ffff:a.b.c.d).</param>
/// <param name="Port">The UDP port.</param>
/// <param name="ScopeId">The zone of a link-local IPv6 address, else 0.</param>
public readonly record struct UdpEndPoint(UInt128 Address, ushort Port, uint ScopeId = 0)
{
    private const ulong V4Mapped = 0xffff;

    /// <summary>
    /// Our own address that it speaks to, in the form of <see cref="Address"/>, and that what is sent to it leaves from; 0
    /// leaves the choice to the system. It is in the zone of a link-local address.
    /// </summary>
    public UInt128 Source { get; init; }

    /// <summary>The same place, whichever address of ours it speaks to.</summary>
    public UdpEndPoint Remote => this with { Source = default };

    /// <summary>True for <c>default</c>: no endpoint is known.</summary>
    public bool IsNone => this == default;

    /// <summary>True for a v4-mapped address.</summary>
    public bool IsIPv4 => Address >> 32 == V4Mapped;

    /// <summary>The same address as a value.</summary>
    public static UdpEndPoint From(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);

        Span<byte> bytes = stackalloc byte[16];
        endPoint.Address.MapToIPv6().TryWriteBytes(bytes, out _);
        var isZoned = endPoint.Address.IsIPv6LinkLocal;
        return new UdpEndPoint(
            BinaryPrimitives.ReadUInt128BigEndian(bytes),
            (ushort)endPoint.Port,
            isZoned ? (uint)endPoint.Address.ScopeId : 0);
    }

    /// <summary>The other side's address as the sockets' own type; allocates.</summary>
    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes, ScopeId);
        return new IPEndPoint(address, Port);
    }

    /// <summary><c>1.2.3.4:5</c> or <c>[::1]:5</c>, and <c>(none)</c> as wg shows it.</summary>
    public override string ToString() => IsNone ? "(none)" : ToIPEndPoint().ToString();
}
