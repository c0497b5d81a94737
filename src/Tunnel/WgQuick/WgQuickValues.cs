using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.WgQuick;

/// <summary>What each value means to wg-quick(8) and wg(8), or why it means nothing. No reason quotes a key.</summary>
internal static class WgQuickValues
{
    // RFC 8200 §5 asks for at least 1280 of a link that carries IPv6, RFC 791 for 576 of any host.
    public const int MinimumMtu = 576;
    public const int MinimumMtuOfIPv6 = 1280;
    public const int MaximumMtu = 65475;

    /// <summary>The items of a list, which wg-quick(8) splits at blanks too.</summary>
    public static string[] Items(string text) => text.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Reads one address of ours, <c>address[/length]</c>.</summary>
    public static bool TryReadAddress(
        string item, [NotNullWhen(true)] out InterfaceAddress? address, [NotNullWhen(false)] out string? reason)
    {
        reason = !PrefixText.TryParse(item, out var network, out var ip) ? $"'{item}' is not an IP address"
            : AddressFault.OfOurs(ip) is { } fault ? $"{ip} {fault}"
            : null;
        address = reason is null ? new InterfaceAddress(ip, network.PrefixLength) : null;
        return reason is null;
    }

    /// <summary>Reads the largest inner packet, bytes.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="ours">Our addresses.</param>
    /// <param name="mtu">The number.</param>
    /// <param name="reason">Why it is none.</param>
    public static bool TryReadMtu(
        string text, IEnumerable<InterfaceAddress> ours, out int mtu, [NotNullWhen(false)] out string? reason)
    {
        var isIPv6 = ours.Any(one => one.Address.AddressFamily == AddressFamily.InterNetworkV6);
        if (NumberText.TryParse(text, isIPv6 ? MinimumMtuOfIPv6 : MinimumMtu, MaximumMtu, out mtu, out reason))
        {
            return true;
        }

        reason += isIPv6 ? ", as there is an IPv6 address inside" : "";
        return false;
    }

    /// <summary>Reads a 32-bit number, also in hexadecimal after 0x, or off, which is 0.</summary>
    public static bool TryReadMark(string text, out uint mark, [NotNullWhen(false)] out string? reason)
    {
        mark = 0;
        var isHex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var isMark = IsOff(text) || (isHex
            ? uint.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out mark)
            : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out mark));
        reason = isMark ? null : $"'{text}' is neither off nor a 32-bit number such as 51820 or 0xca6c";
        return isMark;
    }

    /// <summary>Reads seconds, or off, which is 0.</summary>
    public static bool TryReadKeepalive(string text, out int seconds, [NotNullWhen(false)] out string? reason)
    {
        (seconds, reason) = (0, null);
        if (IsOff(text) || NumberText.TryParse(text, 0, ushort.MaxValue, out seconds, out reason))
        {
            return true;
        }

        reason += " seconds";
        return false;
    }

    /// <summary>Reads where a peer is: an address, or a name, which is looked up later.</summary>
    public static bool TryReadEndPoint(
        string text, [NotNullWhen(true)] out EndPoint? endPoint, [NotNullWhen(false)] out string? reason)
    {
        endPoint = HostText.TryParseHostAndPort(text, 1, out var host, out var port, out reason) ? NamedEndPoint.Of(host, port) : null;
        if (endPoint is IPEndPoint { Address: var address } && AddressFault.OfHost(address) is { } fault)
        {
            (endPoint, reason) = (null, $"{address} {fault}");
        }

        return reason is null;
    }

    /// <summary>Reads the key of a peer.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="privateKey">What was written for our own key, if anything: a secret that is taken for public would be shown as such.</param>
    /// <param name="presharedKey">The same for the preshared key.</param>
    /// <param name="key">The key.</param>
    /// <param name="reason">Why it is none.</param>
    public static bool TryReadPublicKey(
        string text, string? privateKey, string? presharedKey, out PublicKey key, [NotNullWhen(false)] out string? reason)
    {
        reason = !PublicKey.TryParse(text, out key) ? KeyFault.Describe(text)
            : key == default ? "it is all zeros"
            : text == privateKey ? "it is our private key"
            : text == presharedKey ? "it is the preshared key"
            : null;
        return reason is null;
    }

    private static bool IsOff(string text) => text.Equals("off", StringComparison.OrdinalIgnoreCase);
}
