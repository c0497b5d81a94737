using System.Buffers.Binary;
using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Makes packets that no writer would write.</summary>
internal static class PacketEdit
{
    public static void FixIpv4Checksum(Span<byte> packet)
    {
        var header = packet[..((packet[0] & 15) * 4)];
        header[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], Checksum.Finish(Checksum.Add(header)));
    }

    public static EcnField Ecn(ReadOnlySpan<byte> packet) => (EcnField)((packet[1] >> (packet[0] >> 4 == 4 ? 0 : 4)) & 3);

    public static void SetEcn(Span<byte> packet, EcnField ecn)
    {
        if (packet[0] >> 4 == 4)
        {
            packet[1] = (byte)((packet[1] & ~3) | (int)ecn);
            FixIpv4Checksum(packet);
            return;
        }

        packet[1] = (byte)((packet[1] & ~0x30) | ((int)ecn << 4));
    }

    /// <summary>Puts IP options into an IPv4 packet without any.</summary>
    public static byte[] WithIpv4Options(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> options)
    {
        byte[] result = [.. packet[..20], .. options, .. packet[20..]];
        result[0] = (byte)(0x45 + options.Length / 4);
        BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(2), (ushort)result.Length);
        FixIpv4Checksum(result);
        return result;
    }

    /// <summary>Puts one extension header in front of what follows the IPv6 header; its first byte is filled in.</summary>
    public static byte[] WithExtension(ReadOnlySpan<byte> packet, byte kind, ReadOnlySpan<byte> extension)
    {
        byte[] result = [.. packet[..40], .. extension, .. packet[40..]];
        result[40] = packet[6];
        result[6] = kind;
        BinaryPrimitives.WriteUInt16BigEndian(result.AsSpan(4), (ushort)(result.Length - 40));
        return result;
    }

    /// <summary>An IPv6 packet without extension headers, from and to other addresses; its transport checksum is right.</summary>
    public static byte[] Readdress(ReadOnlySpan<byte> ipv6, string source, string destination)
    {
        var packet = ipv6.ToArray();
        IPAddress.Parse(source).GetAddressBytes().CopyTo(packet, 8);
        IPAddress.Parse(destination).GetAddressBytes().CopyTo(packet, 24);
        FixTransportChecksum(packet, IpHeader.Ipv6Length, packet[6]);
        return packet;
    }

    private static void FixTransportChecksum(Span<byte> packet, int offset, byte protocol)
    {
        var checksum = protocol switch { IpProtocol.Tcp => 16, IpProtocol.Udp => 6, _ => 2 };
        if (packet.Length >= offset + checksum + 2)
        {
            FixTransportChecksum(packet, offset, protocol, checksum);
        }
    }

    /// <summary>Writes the checksum of an upper-layer message that starts at an offset and ends with the packet.</summary>
    public static void FixTransportChecksum(Span<byte> packet, int offset, byte protocol, int checksumOffset)
    {
        var isIpv4 = packet[0] >> 4 == 4;
        var message = packet[offset..];
        var source = isIpv4 ? IpAddress.ReadIpv4(packet[12..]) : IpAddress.ReadIpv6(packet[8..]);
        var destination = isIpv4 ? IpAddress.ReadIpv4(packet[16..]) : IpAddress.ReadIpv6(packet[24..]);
        message.Slice(checksumOffset, 2).Clear();
        var sum = protocol == IpProtocol.Icmp
            ? 0
            : Checksum.PseudoHeader(source, destination, protocol, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message[checksumOffset..], Checksum.Finish(Checksum.Add(message, sum)));
    }

    /// <summary>Makes all checksums right of a packet that was damaged, so that the damage gets past the first gate.</summary>
    public static void FixChecksums(Span<byte> packet)
    {
        if (packet.Length >= IpHeader.Ipv4Length && packet[0] is >= 0x45 and <= 0x4F && (packet[0] & 15) * 4 <= packet.Length)
        {
            FixIpv4Checksum(packet);
        }

        // Plain IPv6 without asking a reader, which refuses some addresses
        var isPlain6 = packet.Length >= IpHeader.Ipv6Length && packet[0] >> 4 == 6
            && packet[6] is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.IcmpV6;
        if (isPlain6)
        {
            FixTransportChecksum(packet, IpHeader.Ipv6Length, packet[6]);
        }
        else if (IpHeader.TryReadQuoted(packet, out var header) && header.TotalLength == packet.Length)
        {
            FixTransportChecksum(packet, header.PayloadOffset, header.Protocol);
        }
    }
}
