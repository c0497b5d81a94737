using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>
/// A static public key of WireGuard: its 32 bytes as they are sent. Two encodings of one curve point are two keys, as in every
/// other implementation, so it is never normalized.
/// </summary>
public readonly record struct PublicKey
{
    /// <summary>Bytes of a public key: 32.</summary>
    public const int Size = KeyText.KeySize;

    private readonly UInt128 _head;
    private readonly UInt128 _tail;

    /// <summary>The key with these 32 bytes. Whether they are a point on the curve is not checked.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not 32 bytes.</exception>
    public PublicKey(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(bytes.Length, Size);
        _head = BinaryPrimitives.ReadUInt128LittleEndian(bytes);
        _tail = BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]);
    }

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <returns>False if it is anything else.</returns>
    public static bool TryParse(string? base64, out PublicKey key)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isKey = KeyText.TryDecode(base64, bytes);
        key = isKey ? new PublicKey(bytes) : default;
        return isKey;
    }

    /// <summary>Writes the 32 bytes to the start of a buffer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The buffer is shorter.</exception>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(destination, _head);
        BinaryPrimitives.WriteUInt128LittleEndian(destination[16..], _tail);
    }

    /// <summary>The 44 base64 characters that wg(8) uses.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return KeyText.Encode(bytes);
    }
}
