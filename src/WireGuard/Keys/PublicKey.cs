using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>
/// A static public key: the 32 bytes as they travel. Two encodings of one curve point are two keys, as in every other
/// implementation, so it is never normalised.
/// </summary>
public readonly record struct PublicKey
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = KeyText.KeySize;

    private readonly UInt128 _head;
    private readonly UInt128 _tail;

    /// <summary>The key with these 32 bytes.</summary>
    public PublicKey(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        _head = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        _tail = BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]);
    }

    /// <summary>Parses the 44 characters of wg's base64.</summary>
    public static bool TryParse(string? base64, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isKey = KeyText.TryDecode(base64, bytes);
        key = isKey ? new PublicKey(bytes) : default;
        return isKey;
    }

    /// <summary>Copies the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(destination, _head);
        BinaryPrimitives.WriteUInt128LittleEndian(destination[16..], _tail);
    }

    /// <summary>wg's base64.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return KeyText.Encode(bytes);
    }
}
