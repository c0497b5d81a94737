using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>
/// A static public key of WireGuard: its 32 bytes as they are sent. Two encodings of one curve point are two keys, as in every
/// other implementation, so it is never normalized.
/// </summary>
public readonly record struct PublicKey : ISpanParsable<PublicKey>, ISpanFormattable
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
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    /// <exception cref="FormatException">It is no public key: it says why, and repeats none of it.</exception>
    public static PublicKey Parse(string s) => Parse(s, provider: null);

    /// <inheritdoc cref="Parse(string)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    public static PublicKey Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s.AsSpan(), provider);
    }

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <exception cref="FormatException">It is no public key: it says why, and repeats none of it.</exception>
    public static PublicKey Parse(ReadOnlySpan<char> s, IFormatProvider? provider) =>
        TryParse(s, provider, out var key) ? key : throw KeyText.Fault("public key", s);

    /// <summary>Parses the 44 base64 characters that wg(8) uses.</summary>
    /// <returns>False if it is anything else.</returns>
    public static bool TryParse(string? base64, out PublicKey key) =>
        TryParse(base64.AsSpan(), provider: null, out key);

    /// <inheritdoc cref="TryParse(string, out PublicKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(string? s, IFormatProvider? provider, out PublicKey result) =>
        TryParse(s.AsSpan(), provider, out result);

    /// <inheritdoc cref="TryParse(string, out PublicKey)"/>
    /// <param name="s">The text.</param>
    /// <param name="provider">Without effect.</param>
    /// <param name="result">The key.</param>
    public static bool TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out PublicKey result)
    {
        Span<byte> bytes = stackalloc byte[Size];
        var isKey = KeyText.TryDecode(s, bytes);
        result = isKey ? new PublicKey(bytes) : default;
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

    /// <summary>The 44 base64 characters that wg(8) uses, whatever the format and the provider.</summary>
    public string ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>Writes the 44 base64 characters that wg(8) uses, whatever the format and the provider.</summary>
    /// <returns>False if the buffer is shorter.</returns>
    public bool TryFormat(
        Span<char> destination, out int charsWritten, ReadOnlySpan<char> format = default, IFormatProvider? provider = null)
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.TryToBase64Chars(bytes, destination, out charsWritten);
    }

    /// <summary>The key itself, unless it is <c>default</c>: all zero, which wg(8) reads as "no key".</summary>
    /// <exception cref="ArgumentException">It is <c>default</c>; named after the option or parameter.</exception>
    internal PublicKey OrRefused(string name) => this != default
        ? this
        : throw new ArgumentException($"{name} is no public key, but default or all zero.", name);
}
