using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>The text form of a key in wg(8): 44 characters of padded base64, exactly one text for any 32 bytes.</summary>
internal static class KeyText
{
    public const int KeySize = 32;
    private const int Length = 44;

    /// <summary>
    /// Accepts only what <see cref="Encode"/> writes: no white space, and zeros in the two bits that the last character does
    /// not need.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> key)
    {
        if (text.Length != Length)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[KeySize + 1];
        Span<char> canonical = stackalloc char[Length];
        var isCanonical = Convert.TryFromBase64Chars(text, bytes, out var length)
            && length == KeySize
            && Convert.TryToBase64Chars(bytes[..KeySize], canonical, out _)
            && canonical.SequenceEqual(text);
        if (isCanonical)
        {
            bytes[..KeySize].CopyTo(key);
        }

        CryptographicOperations.ZeroMemory(bytes);
        canonical.Clear();
        return isCanonical;
    }

    public static string Encode(ReadOnlySpan<byte> key) => Convert.ToBase64String(key);
}
