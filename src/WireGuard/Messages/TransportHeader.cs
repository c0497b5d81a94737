using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>The 16 bytes in front of a sealed inner packet (WireGuard §5.4.6).</summary>
internal readonly record struct TransportHeader(uint Receiver, ulong Counter)
{
    public const int Size = 16;

    /// <summary>Header and tag around nothing: a keepalive, the shortest message.</summary>
    public const int MinimumMessageSize = Size + Aead.TagSize;

    public static TransportHeader Read(ReadOnlySpan<byte> datagram) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(datagram[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(datagram[8..]));

    public void Write(Span<byte> datagram)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(datagram, (uint)MessageType.Transport);
        BinaryPrimitives.WriteUInt32LittleEndian(datagram[4..], Receiver);
        BinaryPrimitives.WriteUInt64LittleEndian(datagram[8..], Counter);
    }
}
