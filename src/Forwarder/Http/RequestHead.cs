using System.Text;

namespace Onetun.Forwarder.Http;

/// <summary>The head of an HTTP request (RFC 9112 §2.1).</summary>
internal sealed record RequestHead(
    string Method, string Target, string Version, IReadOnlyList<(string Name, string Value)> Fields)
{
    /// <summary>Reads a head; null if it is not one.</summary>
    public static RequestHead? Parse(ReadOnlySpan<byte> bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        // A lone CR or LF would be the end of a line to some servers (RFC 9112 §2.2).
        if (lines.Length == 0 || lines.Any(line => line.Any(c => (c < ' ' && c != '\t') || c == '\x7F'))
            || PartsOf(lines[0]) is not var (method, target, version))
        {
            return null;
        }

        var fields = new List<(string Name, string Value)>(lines.Length);
        foreach (var line in lines.AsSpan(1))
        {
            // There is no blank in front of the colon, and no line that continues the one before (RFC 9112 §5.1, §5.2).
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0 || !HttpSyntax.IsToken(line.AsSpan(0, colon)))
            {
                return null;
            }

            fields.Add((line[..colon], HttpSyntax.TrimBlanks(line[(colon + 1)..])));
        }

        // Which host a request is for must not be in doubt (RFC 9112 §3.2).
        var head = new RequestHead(method, target, version, fields);
        return head.Values("Host").Skip(1).Any() ? null : head;
    }

    /// <summary>Whether a line can be the first of a request (RFC 9112 §3).</summary>
    public static bool IsRequestLine(string line) => PartsOf(line) is not null;

    /// <summary>The values of all fields of a name.</summary>
    public IEnumerable<string> Values(string name) => Fields.Values(name);

    private static (string Method, string Target, string Version)? PartsOf(string line) =>
        line.Split(' ') is [var method, var target, ("HTTP/1.1" or "HTTP/1.0") and var version]
        && HttpSyntax.IsToken(method) && HttpSyntax.IsTarget(target)
            ? (method, target, version)
            : null;
}
