using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Configuration;

/// <summary>Hosts and ports as people write them.</summary>
internal static class HostText
{
    /// <summary>
    /// Reads an address, in full only: the system's own parser takes "10.1" for 10.0.0.1, where a typo is likelier.
    /// </summary>
    public static bool TryParseAddress(string text, out IPAddress address)
    {
        if (IPAddress.TryParse(text, out var parsed)
            && (parsed.AddressFamily == AddressFamily.InterNetworkV6 || parsed.ToString() == text))
        {
            address = parsed;
            return true;
        }

        address = IPAddress.None;
        return false;
    }

    /// <summary>Reads the host of a field: an IPv6 address in brackets, or a name or an IPv4 address without.</summary>
    public static bool TryParseHost(TextField field, out string host)
    {
        host = field.Text;
        if (field.IsBracketed)
        {
            host = host.Length > 2 && host[^1] == ']' ? host[1..^1] : "";
            return TryParseAddress(host, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;
        }

        return host.Length > 0 && !field.IsNumber
            && !host.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || "[]/@".Contains(c));
    }

    /// <summary>Reads a decimal port.</summary>
    public static bool TryParsePort(TextField field, int lowest, out int port)
    {
        port = 0;
        return field.IsNumber && field.Length <= 5
            && int.TryParse(field.Text, out port) && port >= lowest && port <= ushort.MaxValue;
    }

    /// <summary>Reads <c>host:port</c>.</summary>
    public static bool TryParseHostAndPort(string text, int lowestPort, out string host, out int port)
    {
        host = "";
        port = 0;
        return TextField.TrySplit(text, out var fields, out _)
            && fields.Count == 2
            && TryParseHost(fields[0], out host)
            && TryParsePort(fields[1], lowestPort, out port);
    }
}
