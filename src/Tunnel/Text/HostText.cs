using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Text;

/// <summary>Hosts and ports as people write them.</summary>
internal static class HostText
{
    // RFC 1035 §2.3.4 allows 255 bytes on the wire: two of them are the first length and the root.
    private const int LongestName = 253;
    private const int LongestLabel = 63;

    /// <summary>
    /// Reads an address, in full and alone: the system's own parser takes "10.1" for 10.0.0.1, where a typo is likelier, and
    /// ignores a port after brackets, and a zone that it does not know.
    /// </summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        if (IPAddress.TryParse(text, out var parsed)
            && (parsed.AddressFamily == AddressFamily.InterNetworkV6
                ? !text.Contains('[') && (parsed.ScopeId != 0 || !text.Contains('%'))
                : parsed.ToString() == text))
        {
            address = parsed;
            return true;
        }

        address = IPAddress.None;
        return false;
    }

    /// <summary>
    /// Whether a host is meant as an IPv4 address and is not a whole one, such as 127.1 or 256.0.0.1: no name ends in a
    /// number (RFC 3696 §2).
    /// </summary>
    public static bool IsBrokenIPv4(string host) =>
        !host.All(char.IsAsciiDigit) && !host.Any(char.IsWhiteSpace)
        && !TryParseAddress(host, out _)
        // The last label of a name may be the empty one of the root.
        && ((host[^1] != '.' && host[(host.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit))
            || (IPAddress.TryParse(host, out var address) && address.AddressFamily == AddressFamily.InterNetwork));

    /// <summary>Whether a host, an address or a name, is the machine that asks for it (RFC 6761 §6.3).</summary>
    public static bool IsLoopback(string host)
    {
        if (TryParseAddress(host, out var address))
        {
            return AddressFault.IsLoopback(address);
        }

        var name = host.EndsWith('.') ? host[..^1] : host;
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Whether a text can be a domain: labels of letters, digits, hyphens and underscores, the last of which is not a number
    /// (RFC 1035 §2.3.1, RFC 3696 §2).
    /// </summary>
    public static bool IsDomain(string text)
    {
        var labels = (text.EndsWith('.') ? text[..^1] : text).Split('.');
        return !MayBeKey(text) && HasLabels(text) && !labels[^1].All(char.IsAsciiDigit)
            && labels.All(label => label.All(c => char.IsLetterOrDigit(c) || c is '-' or '_'));
    }

    /// <summary>Reads the host of a field: an IPv6 address in brackets, or a name or an IPv4 address without.</summary>
    public static bool TryParseHost(TextField field, out string host)
    {
        host = field.Text;
        if (field.IsBracketed)
        {
            host = host.Length > 2 && host[^1] == ']' ? host[1..^1] : "";
            // A zone may be of a link that is not there, or of another machine.
            var zone = host.IndexOf('%');
            return TryParseAddress(zone < 0 ? host : host[..zone], out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6
                && (zone < 0 || IsZone(host.AsSpan(zone + 1)));
        }

        return host.Length > 0 && HasLabels(host) && !field.IsNumber && !IsBrokenIPv4(host) && !MayBeKey(host)
            && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || "[]/@=+".Contains(c));
    }

    /// <summary>
    /// Whether no part of a name between dots is empty or has more than 63 characters, and all of it no more than 253
    /// (RFC 1035 §2.3.4). The last part may be the empty one of the root.
    /// </summary>
    public static bool HasLabels(string host)
    {
        var name = host.EndsWith('.') ? host[..^1] : host;
        return name.Length <= LongestName && name.Split('.').All(label => label.Length is > 0 and <= LongestLabel);
    }

    // These are the letters of RFC 6874 §2, and % as it is escaped in a URL.
    private static bool IsZone(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && !"-._~%".Contains(c))
            {
                return false;
            }
        }

        return !text.IsEmpty;
    }

    // A key would go to a resolver in plain text. Without its '=' it has 43 characters, and no dot.
    private static bool MayBeKey(string host) => host.Length >= 43 && SafeText.IsKeyLike(host);

    /// <summary>Reads a decimal port.</summary>
    public static bool TryParsePort(TextField field, int lowest, out int port)
    {
        port = 0;
        return field.IsNumber && field.Length <= 5
            && int.TryParse(field.Text, out port) && port >= lowest && port <= ushort.MaxValue;
    }

    /// <summary>Reads a decimal port alone, or says why it is none.</summary>
    public static bool TryParsePort(string text, int lowest, out int port, [NotNullWhen(false)] out string? reason)
    {
        reason = TryParsePort(new TextField(text, 0), lowest, out port) ? null : $"'{text}' is not a number from {lowest} to {ushort.MaxValue}";
        return reason is null;
    }

    /// <summary>Reads <c>host:port</c>.</summary>
    public static bool TryParseHostAndPort(string text, int lowestPort, out string host, out int port) =>
        TryParseHostAndPort(text, lowestPort, out host, out port, out _);

    /// <summary>Reads <c>host:port</c> or says why not.</summary>
    public static bool TryParseHostAndPort(
        string text, int lowestPort, out string host, out int port, [NotNullWhen(false)] out string? reason)
    {
        host = "";
        port = 0;
        reason = $"'{text}' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820";
        if (!TextField.TrySplit(text, out var fields, out _) || fields.Count != 2)
        {
            return false;
        }

        if (!TryParseHost(fields[0], out host))
        {
            reason = IsBrokenIPv4(fields[0].Text) ? $"'{fields[0].Text}' is not a whole IPv4 address" : reason;
            return false;
        }

        reason = TryParsePort(fields[1].Text, lowestPort, out port, out var fault) ? null : $"port {fault}";
        return reason is null;
    }
}
