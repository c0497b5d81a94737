using System.Text;

namespace Onetun.Forwarder.Proxies;

/// <summary>The head of an HTTP request (RFC 9112 §2.1).</summary>
internal sealed record RequestHead(
    string Method, string Target, string Version, IReadOnlyList<(string Name, string Value)> Fields)
{
    /// <summary>Reads a head; null if it is none.</summary>
    public static RequestHead? Parse(ReadOnlySpan<byte> bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        // .. a lone CR or LF would be the end of a line to some servers (RFC 9112 §2.2)
        if (lines.Length == 0 || lines.Any(line => line.Any(c => (c < ' ' && c != '\t') || c == '\x7F'))
            || lines[0].Split(' ') is not [{ Length: > 0 } method, var target, ("HTTP/1.1" or "HTTP/1.0") and var version])
        {
            return null;
        }

        var fields = new List<(string Name, string Value)>(lines.Length);
        foreach (var line in lines.AsSpan(1))
        {
            // RFC 9112 §5.1, §5.2: no blank in front of the colon, and no line that goes on with the one before.
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || line.AsSpan(0, colon).ContainsAny(' ', '\t'))
            {
                return null;
            }

            fields.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        return new RequestHead(method, target, version, fields);
    }

    /// <summary>The values of all fields of a name.</summary>
    public IEnumerable<string> Values(string name) =>
        Fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value);
}
