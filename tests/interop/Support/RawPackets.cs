using System.Buffers.Binary;
using System.Net;

namespace Onetun.Interop;

/// <summary>Raw IP packets of every shape that a filter tells apart.</summary>
internal static class RawPackets
{
    private const byte Fragment = 44;

    /// <summary>Addresses that share prefixes of several lengths.</summary>
    public static readonly string[] Ipv4Addresses =
        ["10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.4.2", "192.168.4.3", "172.16.0.9", "11.0.0.1", "0.0.0.80"];

    /// <summary>The same of IPv6.</summary>
    public static readonly string[] Ipv6Addresses =
        ["fd00::1", "fd00::2", "fd00:0:0:1::1", "fe80::1", "2001:db8::7", "::ffff:10.0.0.1", "fd00::1:2:3:4"];

    public static readonly ushort[] Ports = [0, 22, 53, 80, 443, 8000, 8080, 40000, 65535];

    /// <summary>An IPv4 packet; options come in fours, the offset of a fragment in eights.</summary>
    public static byte[] Ipv4(
        string source, string destination, byte protocol, byte[] payload, int optionBytes = 0, ushort fragment = 0)
    {
        var header = 20 + optionBytes;
        var packet = new byte[header + payload.Length];
        packet[0] = (byte)(0x40 | (header / 4));
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(6), fragment);
        packet[8] = 64;
        packet[9] = protocol;
        IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(12), out _);
        IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(16), out _);
        packet.AsSpan(20, optionBytes).Fill(1);
        payload.CopyTo(packet, header);
        return packet;
    }

    /// <summary>An IPv6 packet with extension headers of eight bytes each.</summary>
    public static byte[] Ipv6(
        string source, string destination, byte protocol, byte[] payload, params byte[] extensions)
    {
        var packet = new byte[40 + (8 * extensions.Length) + payload.Length];
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(4), (ushort)(packet.Length - 40));
        packet[6] = protocol;
        packet[7] = 64;
        IPAddress.Parse(source).TryWriteBytes(packet.AsSpan(8), out _);
        IPAddress.Parse(destination).TryWriteBytes(packet.AsSpan(24), out _);
        var next = 6;
        for (var i = 0; i < extensions.Length; i++)
        {
            packet[next] = extensions[i];
            next = 40 + (8 * i);
            packet[next] = protocol;
        }

        payload.CopyTo(packet, 40 + (8 * extensions.Length));
        return packet;
    }

    /// <summary>What TCP, UDP and SCTP begin with, and so much more.</summary>
    public static byte[] WithPorts(ushort source, ushort destination, int length = 20)
    {
        var payload = new byte[length];
        BinaryPrimitives.WriteUInt16BigEndian(payload, source);
        BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), destination);
        return payload;
    }

    /// <summary>One of all kinds, from and to anybody.</summary>
    public static byte[] Any(Random random)
    {
        var protocol = Pick<byte>(random, 6, 6, 6, 17, 17, 17, 132, 1, 58, 2, 50, 51, 47, 103, 112, Fragment, (byte)random.Next(256));
        var payload = WithPorts(Pick(random, Ports), Pick(random, Ports), random.Next(20, 60));
        if (random.Next(2) == 0)
        {
            return Ipv4(
                Pick(random, Ipv4Addresses), Pick(random, Ipv4Addresses), protocol, payload, 4 * Pick(random, 0, 0, 0, 1, 3, 10),
                Pick<ushort>(random, 0, 0, 0, 0x4000, 0x2000, 0x2001, 0x00B9, 0x1FFF));
        }

        byte[] extensions = [.. Enumerable.Range(0, Pick(random, 0, 0, 0, 1, 1, 2)).Select(_ => Pick<byte>(random, Fragment, 0, 43, 60))];
        var ipv6 = Ipv6(Pick(random, Ipv6Addresses), Pick(random, Ipv6Addresses), protocol, payload, extensions);
        return ipv6;
    }

    /// <summary>One that is damaged, or no packet at all; not empty.</summary>
    public static byte[] Damaged(Random random)
    {
        var packet = Any(random);
        switch (random.Next(4))
        {
            case 0:
                random.NextBytes(packet);
                return packet;
            case 1:
                packet[0] = (byte)((packet[0] & 0xF0) | random.Next(16));
                return packet;
            default:
                return packet[..random.Next(1, packet.Length)];
        }
    }

    private static T Pick<T>(Random random, params ReadOnlySpan<T> from) => from[random.Next(from.Length)];
}
