using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>The cookie reply of a receiver under load: a view of its 64 bytes (WireGuard §5.4.7).</summary>
internal readonly ref struct CookieReply(Span<byte> bytes)
{
    public const int Size = 64;

    private readonly Span<byte> _bytes = bytes[..Size];

    public uint Receiver => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[4..]);

    public Span<byte> Nonce => _bytes.Slice(8, XAead.NonceSize);

    public Span<byte> EncryptedCookie => _bytes.Slice(32, 32);

    public void WriteHeader(uint receiver)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes, (uint)MessageType.CookieReply);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes[4..], receiver);
    }
}
