using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>The first message of a handshake: a view of its 148 bytes (WireGuard §5.4.2).</summary>
internal readonly ref struct HandshakeInitiation(Span<byte> bytes)
{
    public const int Size = 148;

    private readonly Span<byte> _bytes = bytes[..Size];

    public Span<byte> Bytes => _bytes;

    public uint Sender => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    public Span<byte> Ephemeral => _bytes.Slice(8, 32);

    public Span<byte> EncryptedStatic => _bytes.Slice(40, 48);

    public Span<byte> EncryptedTimestamp => _bytes.Slice(88, 28);

    public void WriteHeader(uint sender)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, (uint)MessageType.HandshakeInitiation);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[4..], sender);
    }
}
