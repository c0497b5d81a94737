using System.Buffers.Binary;
using System.Net;

namespace Onetun.WireGuard;

/// <summary>The address and port of a peer outside the tunnel, as a value: comparing and copying it allocates nothing.</summary>
/// <param name="Address">
/// The 16 bytes of an IPv6 address, the first one highest; IPv4 in its mapped form (::ffff:a.b.c.d).
/// </param>
/// <param name="Port">The UDP port.</param>
/// <param name="ScopeId">The zone of a link-local IPv6 address, otherwise 0.</param>
public readonly record struct UdpEndPoint(UInt128 Address, ushort Port, uint ScopeId = 0)
{
    private const ulong V4Mapped = 0xffff;

    /// <summary>
    /// Our own address that its datagrams come to and that ours to it leave from, in the form of <see cref="Address"/> and in the
    /// zone <see cref="ScopeId"/>; 0 leaves the choice to the system.
    /// </summary>
    public UInt128 Source { get; init; }

    /// <summary>
    /// The same endpoint without <see cref="Source"/>: to compare where a peer is, whichever address of ours it uses.
    /// </summary>
    public UdpEndPoint Remote => this with { Source = default };

    /// <summary>Whether this is <c>default</c>, which stands for no known endpoint.</summary>
    public bool IsNone => this == default;

    /// <summary>Whether the address is an IPv4 one.</summary>
    public bool IsIPv4 => Address >> 32 == V4Mapped;

    /// <summary>The same endpoint as a value; the zone is kept only for link-local addresses.</summary>
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

    /// <summary>The same endpoint in the type of the sockets API, without <see cref="Source"/>; allocates.</summary>
    public IPEndPoint ToIPEndPoint()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, Address);
        var address = IsIPv4 ? new IPAddress(bytes[12..]) : new IPAddress(bytes, ScopeId);
        return new IPEndPoint(address, Port);
    }

    /// <summary><c>1.2.3.4:5</c> or <c>[::1]:5</c>, or <c>(none)</c>, as wg(8) shows them.</summary>
    public override string ToString() => IsNone ? "(none)" : ToIPEndPoint().ToString();
}
