using System.Globalization;
using System.Text;

namespace Onetun.Forwarder.Http;

/// <summary>The head of an HTTP response (RFC 9112 §4).</summary>
internal sealed record ResponseHead(
    string Version, int Status, string Reason, IReadOnlyList<(string Name, string Value)> Fields)
{
    /// <summary>Another response to the same request follows (RFC 9110 §15.2).</summary>
    public bool IsInterim => Status is < 200 and not 101;

    /// <summary>
    /// The connection stays open after it, as far as the head says. Length and coding in one head may be an attempt to have two
    /// read it in two ways, and an older server knows no coding: it is the last (RFC 9112 §6.1).
    /// </summary>
    public bool IsKept => !Fields.HasMember("Connection", "close")
        && (Version == "HTTP/1.1" ? !IsCoded || !Fields.Values("Content-Length").Any() : Fields.HasMember("Connection", "keep-alive") && !IsCoded);

    private bool IsCoded => Fields.Values("Transfer-Encoding").Any();

    private bool IsOfConnection => Status == 401 && Fields.Values("WWW-Authenticate").Any(
        value => value.StartsWith("NTLM", StringComparison.OrdinalIgnoreCase)
            || value.StartsWith("Negotiate", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// Reads a head; null if it is not one. What many servers do is forgiven, and not passed on: LF alone, a line that goes on
    /// with the one before, blanks in front of a colon (RFC 9112 §2.2, §5.1, §5.2).
    /// </summary>
    public static ResponseHead? Parse(ReadOnlySpan<byte> bytes)
    {
        string[] lines =
        [
            .. Encoding.Latin1.GetString(bytes).Split('\n').Select(line => line.EndsWith('\r') ? line[..^1] : line).Where(line => line.Length > 0),
        ];
        if (lines.Length == 0 || lines.Any(line => line.Any(c => (c < ' ' && c != '\t') || c == '\x7F')))
        {
            return null;
        }

        // The reason may be missing, and the blank in front of it too.
        var parts = lines[0].Split(' ', 3);
        if (parts is not [("HTTP/1.1" or "HTTP/1.0") and var version, { Length: 3 } status, ..]
            || !int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code < 100)
        {
            return null;
        }

        var fields = new List<(string Name, string Value)>(lines.Length);
        foreach (var line in lines.AsSpan(1))
        {
            if (line[0] is ' ' or '\t' && fields is [.., var last])
            {
                fields[^1] = last with { Value = $"{last.Value} {HttpSyntax.TrimBlanks(line)}" };
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var name = colon < 0 ? "" : line[..colon].TrimEnd(' ', '\t');
            if (!HttpSyntax.IsToken(name))
            {
                return null;
            }

            fields.Add((name, HttpSyntax.TrimBlanks(line[(colon + 1)..])));
        }

        return new ResponseHead(version, code, parts.ElementAtOrDefault(2) ?? "", fields);
    }

    /// <summary>The head as the client gets it.</summary>
    /// <param name="isKept">The client's connection stays open after the response.</param>
    public byte[] Write(bool isKept)
    {
        var text = new StringBuilder($"{Version} {Status} {Reason}\r\n");
        foreach (var (name, value) in Fields.PassedOn("Content-Length"))
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        // Where there is a coding, it counts and the length does not (RFC 9112 §6.3).
        foreach (var length in IsCoded ? [] : Fields.Members("Content-Length").Distinct())
        {
            text.Append("Content-Length: ").Append(length).Append("\r\n");
        }

        return Encoding.Latin1.GetBytes(text.Append(OfConnection(isKept)).Append("\r\n").ToString());
    }

    /// <summary>What it says of the connection to the client.</summary>
    private string OfConnection(bool isKept)
    {
        if (IsInterim)
        {
            return "";
        }

        // Without it a client that gets 426 does not learn what to ask for (RFC 9110 §15.5.22).
        var upgrade = Status is 101 or 426 ? string.Concat(Fields.Values("Upgrade").Select(value => $"Upgrade: {value}\r\n")) : "";
        var options = Status == 101 ? "Upgrade" : isKept ? "keep-alive" : "close";
        // A client that has to authenticate a connection, not a request, wants to know that it can (RFC 4559 §6).
        return isKept && IsOfConnection
            ? $"{upgrade}Proxy-Support: Session-Based-Authentication\r\nConnection: {options}, Proxy-Support\r\n"
            : $"{upgrade}Connection: {options}\r\n";
    }
}
