using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.Names;

/// <summary>Names as they are sent: labels, each behind its length, and the empty one of the root (RFC 1035 §3.1).</summary>
internal static class DnsName
{
    /// <summary>In ASCII (RFC 5891 §4.4), with or without a dot at its end; at most 255 bytes.</summary>
    public static bool TryEncode(string host, [NotNullWhen(true)] out byte[]? name)
    {
        name = null;
        if (!TryGetAscii(host, out var ascii) || !HostText.HasLabels(ascii))
        {
            return false;
        }

        var labels = ascii.TrimEnd('.').Split('.').Select(Encoding.ASCII.GetBytes);
        name = [.. labels.SelectMany(label => label.Prepend((byte)label.Length)), 0];
        return true;
    }

    private static bool TryGetAscii(string host, out string ascii)
    {
        try
        {
            ascii = new IdnMapping().GetAscii(host);
            return true;
        }
        catch (ArgumentException)
        {
            ascii = "";
            return false;
        }
    }
}
