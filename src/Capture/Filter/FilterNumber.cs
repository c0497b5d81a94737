using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Capture;

/// <summary>Numbers and addresses as libpcap reads them.</summary>
internal static class FilterNumber
{
    /// <summary>So many digits in base 8 are too many for 32 bits, or the address of a network card to libpcap.</summary>
    private const int TooManyDigits = 12;

    private static readonly SearchValues<char> OfHexadecimal = SearchValues.Create("0123456789abcdefABCDEF");

    private static readonly SearchValues<char> OfIpv4 = SearchValues.Create("0123456789.");

    /// <summary>Whether it is made as a number is, be it too large.</summary>
    public static bool LooksLikeNumber(ReadOnlySpan<char> text) => IsHexadecimal(text) || (!text.IsEmpty && IsAllDigits(text));

    /// <summary>Reads 32 bits: decimal, hexadecimal after 0x, or octal after 0.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out uint value)
    {
        if (IsHexadecimal(text))
        {
            return uint.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }

        value = 0;
        if (text is not ['0', ..])
        {
            return IsAllDigits(text) && uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
        }

        if (text.Length >= TooManyDigits || text.ContainsAnyExceptInRange('0', '7'))
        {
            return false;
        }

        ulong sum = 0;
        foreach (var digit in text)
        {
            sum = (8 * sum) + (uint)(digit - '0');
        }

        value = (uint)sum;
        return sum <= uint.MaxValue;
    }

    /// <summary>Whether it is made of two to four decimal numbers with dots between them.</summary>
    public static bool LooksLikeIpv4(ReadOnlySpan<char> text) =>
        text.Count('.') is >= 1 and <= 3 && char.IsAsciiDigit(text[0]) && char.IsAsciiDigit(text[^1])
        && !text.ContainsAnyExcept(OfIpv4) && !text.Contains("..", StringComparison.Ordinal);

    /// <summary>
    /// Reads an IPv4 address, or the first two or three numbers of one, which stand for a network: <c>192.168</c>. All are
    /// decimal, even behind a 0.
    /// </summary>
    public static bool TryParseIpv4(ReadOnlySpan<char> text, out uint address, out uint mask)
    {
        (address, mask) = (0, 0);
        var shift = 32;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (part.Length > 3 || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            shift -= 8;
            address |= (uint)number << shift;
        }

        mask = uint.MaxValue << shift;
        return true;
    }

    /// <summary>Reads an IPv6 address, without a zone.</summary>
    public static bool TryParseIpv6(string text, out UInt128 address)
    {
        address = 0;
        if (!IPAddress.TryParse(text, out var parsed) || parsed.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[16];
        parsed.TryWriteBytes(bytes, out _);
        address = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return true;
    }

    /// <summary>Reads two ports with a hyphen between them, decimal, in either order.</summary>
    public static bool TryParseRange(ReadOnlySpan<char> text, out ushort low, out ushort high)
    {
        (low, high) = (0, 0);
        var hyphen = text.IndexOf('-');
        if (hyphen < 0
            || !ushort.TryParse(text[..hyphen], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !ushort.TryParse(text[(hyphen + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var second))
        {
            return false;
        }

        (low, high) = (Math.Min(first, second), Math.Max(first, second));
        return true;
    }

    private static bool IsHexadecimal(ReadOnlySpan<char> text) =>
        text is ['0', 'x' or 'X', _, ..] && !text[2..].ContainsAnyExcept(OfHexadecimal);

    private static bool IsAllDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
