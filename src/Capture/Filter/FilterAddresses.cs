using System.Buffers.Binary;
using System.Net;

namespace Onetun.Capture;

/// <summary>Reads hosts and networks.</summary>
internal sealed class FilterAddresses(FilterCursor cursor, FilterPrimitives primitives)
{
    private const int Ipv4Bits = 32;
    private const int Ipv6Bits = 128;

    public FilterCondition? Read(FilterQualifier words, FilterToken token)
    {
        var isIpv6 = token.Text.Contains(':', StringComparison.Ordinal);
        if (words.Protocol is { } version && version.IsInIpv6 != isIpv6)
        {
            return Fail(token, isIpv6
                ? $"'{token.Text}' is an IPv6 address: write ip6, or leave ip out"
                : $"'{token.Text}' is no IPv6 address: write ip, or leave ip6 out");
        }

        return isIpv6 ? ReadIpv6(words, token)
            : FilterNumber.LooksLikeIpv4(token.Text) ? ReadIpv4(words, token)
            : ReadNumber(words, token);
    }

    /// <summary>A number alone: the first of a network, as in <c>net 10</c>, or the 32 bits of a host.</summary>
    private FilterCondition? ReadNumber(FilterQualifier words, FilterToken token)
    {
        if (!FilterNumber.TryParse(token.Text, out var address))
        {
            return Fail(token, FilterNumber.LooksLikeNumber(token.Text)
                ? $"'{token.Text}' is no number of 32 bits: write the address with dots, as in 10.0.0.7"
                : $"'{token.Text}' is no address: names are not looked up, so write it in numbers");
        }

        if (cursor.Current is { Kind: FilterTokenKind.Slash } || cursor.Current.Is("mask"))
        {
            return Fail(token, $"'{token.Text}' is too short for what follows: write all four numbers, as in 10.0.0.0/8");
        }

        var mask = uint.MaxValue;
        if (words.Kind == FilterKind.Net)
        {
            for (; address != 0 && address >> 24 == 0; address <<= 8)
            {
                mask <<= 8;
            }
        }

        return primitives.HasAddress(words.Direction, address, mask);
    }

    private FilterCondition? ReadIpv4(FilterQualifier words, FilterToken token)
    {
        if (!FilterNumber.TryParseIpv4(token.Text, out var address, out var mask))
        {
            return Fail(token, $"'{token.Text}' is no IPv4 address: each of its numbers is 0 to 255");
        }

        var last = cursor.Current.Kind == FilterTokenKind.Slash || cursor.Current.Is("mask") ? cursor.Ahead(1) : token;
        if (cursor.TryTake(FilterTokenKind.Slash))
        {
            if (ReadLength(Ipv4Bits) is not { } length)
            {
                return null;
            }

            mask = length == 0 ? 0 : uint.MaxValue << (Ipv4Bits - length);
        }
        else if (cursor.TryTake("mask"))
        {
            var text = cursor.Take().Text;
            if (!FilterNumber.LooksLikeIpv4(text) || !FilterNumber.TryParseIpv4(text, out mask, out _))
            {
                return Fail(last, "Behind 'mask' the mask of a network is missing, such as 255.255.255.0");
            }
        }

        if (last != token && words.Kind != FilterKind.Net)
        {
            return Fail(token, last, "A host has neither length nor mask: write net before it");
        }

        if ((address & ~mask) != 0)
        {
            return Fail(token, last, $"This address is not the first of its network: write {Format(address & mask)} instead, or host");
        }

        return primitives.HasAddress(words.Direction, address, mask);
    }

    private FilterCondition? ReadIpv6(FilterQualifier words, FilterToken token)
    {
        if (!FilterNumber.TryParseIpv6(token.Text, out var address))
        {
            return Fail(token, $"'{token.Text}' is no IPv6 address");
        }

        var length = Ipv6Bits;
        var last = token;
        if (cursor.TryTake(FilterTokenKind.Slash))
        {
            last = cursor.Current;
            if (ReadLength(Ipv6Bits) is not { } read)
            {
                return null;
            }

            length = read;
        }

        if (length != Ipv6Bits && words.Kind != FilterKind.Net)
        {
            return Fail(token, last, "A host has no length: write net before it");
        }

        var mask = length == 0 ? UInt128.Zero : UInt128.MaxValue << (Ipv6Bits - length);
        if ((address & ~mask) != 0)
        {
            return Fail(token, last, $"This address is not the first of its network: write {Format(address & mask)}/{length}, or host");
        }

        return primitives.HasAddress(words.Direction, address, mask);
    }

    private int? ReadLength(int bits)
    {
        var token = cursor.Take();
        if (FilterNumber.TryParse(token.Text, out var length) && length <= bits)
        {
            return (int)length;
        }

        Fail(token, $"Behind the slash stands the length of the network, which is 0 to {bits}");
        return null;
    }

    private static IPAddress Format(uint address) => new(BinaryPrimitives.ReverseEndianness(address));

    private static IPAddress Format(UInt128 address)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address);
        return new IPAddress(bytes);
    }

    private FilterCondition? Fail(FilterToken at, string message) => Fail(at, at, message);

    private FilterCondition? Fail(FilterToken first, FilterToken last, string message)
    {
        cursor.Fail(first, last, message);
        return null;
    }
}
