using System.Globalization;
using System.Net;

namespace Onetun.Tunnel.Text;

/// <summary>Addresses with prefix lengths, as wg reads them.</summary>
internal static class PrefixText
{
    /// <summary>Reads <c>address[/length]</c>; what follows the prefix is cleared.</summary>
    public static bool TryParse(string text, out IPNetwork network, out IPAddress address)
    {
        network = default;
        var slash = text.IndexOf('/');
        // There is no zone, as a prefix does not belong to one link.
        if (!HostText.TryParseAddress(slash < 0 ? text : text[..slash], out address) || text.Contains('%'))
        {
            return false;
        }

        var bytes = address.GetAddressBytes();
        var length = bytes.Length * 8;
        if (slash >= 0
            && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out length)
                || length > bytes.Length * 8))
        {
            return false;
        }

        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        network = new IPNetwork(new IPAddress(bytes), length);
        return true;
    }
}
