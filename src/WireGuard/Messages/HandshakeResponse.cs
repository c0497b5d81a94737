using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>The second message of a handshake: a view of its 92 bytes (WireGuard §5.4.3).</summary>
internal readonly ref struct HandshakeResponse(Span<byte> bytes)
{
    public const int Size = 92;

    private readonly Span<byte> _bytes = bytes[..Size];

    public Span<byte> Bytes => _bytes;

    public uint Sender => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    public uint Receiver => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);

    public Span<byte> Ephemeral => _bytes.Slice(12, 32);

    public Span<byte> EncryptedNothing => _bytes.Slice(44, 16);

    public void WriteHeader(uint sender, uint receiver)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, (uint)MessageType.HandshakeResponse);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[4..], sender);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[8..], receiver);
    }
}
