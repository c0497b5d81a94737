using System.Buffers;

namespace Onetun.Forwarder.Http;

/// <summary>
/// The smallest parts of HTTP, read strictly: where they are read laxly, others on the way may understand something else.
/// </summary>
internal static class HttpSyntax
{
    // These are the tchar of RFC 9110 §5.6.2.
    private static readonly SearchValues<char> OfTokens =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Methods, field names and codings.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(OfTokens);

    /// <summary>
    /// Whether a request may begin like this: with its method, or an empty line, which is forgiven (RFC 9112 §2.2).
    /// </summary>
    public static bool MayBegin(byte first) => first is (byte)'\r' or (byte)'\n' || IsToken([(char)first]);

    /// <summary>A target has no blanks, no fragment and nothing beyond ASCII (RFC 9112 §3.2, RFC 3986 §2, §4.3).</summary>
    public static bool IsTarget(ReadOnlySpan<char> text) =>
        !text.IsEmpty && !text.Contains('#') && !text.ContainsAnyExceptInRange('!', '~');

    /// <summary>A value without the optional white space around it, which is SP and HTAB and no other (RFC 9110 §5.6.3).</summary>
    public static string TrimBlanks(string text) => text.Trim(' ', '\t');

    /// <summary>The members of a list (RFC 9110 §5.6.1).</summary>
    public static IEnumerable<string> Members(string value) => value.Split(',').Select(TrimBlanks);
}
