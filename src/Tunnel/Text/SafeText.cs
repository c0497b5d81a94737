using System.Buffers;
using System.Text;

namespace Onetun.Tunnel.Text;

/// <summary>
/// The one rule for all that people are shown and others have written: nothing that may be a key, or a part of one, is
/// repeated. A secret may turn up anywhere: in the wrong field, run onto another word, or in place of a file's name.
/// </summary>
internal static class SafeText
{
    private const string Hidden = "(hidden)";

    /// <summary>
    /// Fewer characters of a key do not help to find the others. Most of what people write is shorter between two dots,
    /// colons or blanks.
    /// </summary>
    private const int KeyLike = 16;

    private const int LongestFault = 500;

    /// <summary>A part between separators that is too short to tell anything.</summary>
    private const int ShortPart = 4;

    // These are the letters of base64 of both kinds, and of hexadecimal with them.
    private static readonly SearchValues<char> OfKeys =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=");

    /// <summary>The text without anything that looks like a key or that a terminal would obey.</summary>
    public static string Of(string text) => IsSafe(text) ? text : Hide(text);

    // Nearly all texts are safe, log lines too, and are not copied.
    private static bool IsSafe(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOfAnyExcept(OfKeys);
            if (IsKeyLike(end < 0 ? text : text[..end]))
            {
                return false;
            }

            if (end < 0)
            {
                break;
            }

            if (char.IsControl(text[end]) && text[end] is not ('\r' or '\n'))
            {
                return false;
            }

            text = text[(end + 1)..];
        }

        return true;
    }

    private static string Hide(string text)
    {
        var safe = new StringBuilder(text.Length);
        for (var rest = text.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOfAnyExcept(OfKeys);
            var run = end < 0 ? rest : rest[..end];
            rest = rest[run.Length..];
            safe.Append(!IsKeyLike(run) ? run : run[0] == '/' ? OfPath(run) : Hidden);
            if (!rest.IsEmpty)
            {
                safe.Append(char.IsControl(rest[0]) && rest[0] is not ('\r' or '\n') ? '?' : rest[0]);
                rest = rest[1..];
            }
        }

        return safe.ToString();
    }

    /// <summary>
    /// What begins with '/' is a path, and one part of it may be a key; of a key it would show no more than four characters
    /// together.
    /// </summary>
    private static string OfPath(ReadOnlySpan<char> path)
    {
        var parts = path.ToString().Split('/');
        return string.Join('/', parts.Select(part => IsOfWords(part) ? part : Hidden));
    }

    /// <summary>The same of what is wrong with a value, which may have been a whole file.</summary>
    public static string OfFault(string message) => Short(message, LongestFault);

    /// <summary>The same, of a text that may be long.</summary>
    public static string Short(string text, int longest)
    {
        var safe = Of(text);
        return safe.Length > longest ? $"{safe.AsSpan(0, longest)}..." : safe;
    }

    /// <summary>Whether all of a text may be a key.</summary>
    public static bool IsKeyLike(ReadOnlySpan<char> text) =>
        text.Length >= KeyLike && !text.ContainsAnyExcept(OfKeys) && !IsOfWords(text);

    // These are names of options, files and hosts. Of random texts of 16 characters at most one in 500 looks like that, of whole
    // keys fewer than one in a million.
    private static bool IsOfWords(ReadOnlySpan<char> text)
    {
        foreach (var part in text.SplitAny('-', '_', '/', '='))
        {
            if (!IsShortOrOfWords(text[part]))
            {
                return false;
            }
        }

        return true;
    }

    // For example PersistentKeepalive, ONETUN, onetun2024 and 18446744073709551616.
    private static bool IsShortOrOfWords(ReadOnlySpan<char> part)
    {
        if (part.Length <= ShortPart)
        {
            return true;
        }

        var digits = part.Length - part.TrimEnd("0123456789").Length;
        var letters = part[..^digits];
        if (letters.IsEmpty || digits > ShortPart || !letters.ContainsAnyExceptInRange('A', 'Z'))
        {
            return letters.IsEmpty || digits <= ShortPart;
        }

        while (!letters.IsEmpty)
        {
            letters = letters.TrimStart("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
            var end = letters.IndexOfAnyExceptInRange('a', 'z');
            end = end < 0 ? letters.Length : end;
            if (end < 3)
            {
                return false;
            }

            letters = letters[end..];
        }

        return true;
    }
}
