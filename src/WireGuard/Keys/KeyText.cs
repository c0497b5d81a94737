using System.Buffers;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>The text form of a key in wg(8): 44 characters of padded base64, exactly one text for any 32 bytes.</summary>
internal static class KeyText
{
    public const int KeySize = 32;

    /// <summary>Characters of the text of a key.</summary>
    public const int Length = 44;

    private static readonly SearchValues<char> Base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

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

    /// <summary>Says why a text is no key, without a character of it: it may be a secret, or the wrong one of several keys.</summary>
    /// <param name="kind">What it should have been, such as a private key.</param>
    /// <param name="text">What is not accepted.</param>
    public static FormatException Fault(string kind, ReadOnlySpan<char> text)
    {
        if (text.Length != Length)
        {
            return new FormatException($"A {kind} is {Length} characters of base64, and this text has {text.Length}.");
        }

        var stray = text[..^1].IndexOfAnyExcept(Base64);
        return new FormatException(
            stray >= 0 ? $"A {kind} is {Length} characters of base64, and character {stray + 1} of this text is none."
            : text[^1] != '=' ? $"A {kind} ends in =, and this text does not."
            : text[..^1].ContainsAnyExcept('A') ? $"A {kind} is 32 bytes, and the last character before the = of this text says more."
            : $"A {kind} is not all zero.");
    }
}
