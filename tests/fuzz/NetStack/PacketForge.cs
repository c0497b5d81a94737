using System.Buffers.Binary;
using System.Net;
using Onetun.NetStack;
using Onetun.NetStack.Tests;

namespace Onetun.Fuzz.NetStack;

/// <summary>Makes packets of every kind that a stack may meet, from anybody to anybody, whole, in pieces and damaged.</summary>
internal static class PacketForge
{
    private static readonly byte[][] Sources4 =
        Addresses("10.0.0.9", "10.0.0.77", "10.0.0.1", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255");

    private static readonly byte[][] Sources6 = Addresses(
        "fd00::9", "fd00::77", "fd00::1", "::", "::1", "ff02::1", "::ffff:10.0.0.9", "::ffff:10.0.0.78", "::ffff:10.0.0.1", "::10.0.0.9");

    private static readonly byte[][] Destinations4 = Addresses("10.0.0.1", "10.0.0.9", "224.0.0.1", "255.255.255.255", "0.0.0.0");

    private static readonly byte[][] Destinations6 = Addresses("fd00::1", "fd00::9", "ff02::1", "::", "::ffff:10.0.0.1");

    private static readonly byte[] Extensions =
    [
        IpProtocol.HopByHop, IpProtocol.DestinationOptions, IpProtocol.Routing, IpProtocol.Fragment,
    ];

    /// <summary>A packet without faults, or with such as are easily overlooked.</summary>
    public static byte[] Packet(Dice dice)
    {
        var isIPv4 = dice.OneIn(2);
        var sources = isIPv4 ? Sources4 : Sources6;
        var destinations = isIPv4 ? Destinations4 : Destinations6;
        var source = sources[dice.OneIn(2) ? 0 : dice.Next(sources.Length)];
        var destination = destinations[dice.OneIn(8) ? dice.Next(destinations.Length) : 0];
        (var protocol, var payload) = dice.Next(8) switch
        {
            0 or 1 or 2 => (IpProtocol.Tcp, Tcp(dice)),
            3 or 4 => (IpProtocol.Udp, Udp(dice)),
            5 => (isIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6, Echo(dice, isIPv4)),
            6 => (isIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6, Error(dice, isIPv4)),
            _ => ((byte)dice.Next(256), dice.Bytes(dice.Length(200))),
        };
        var packet = Ip(isIPv4, source, destination, protocol, payload);
        PacketEdit.FixChecksums(packet);
        return dice.OneIn(4) ? Extend(dice, packet, isIPv4) : packet;
    }

    /// <summary>The same, or what a faulty sender or a hostile one makes of it; checksums are mostly right.</summary>
    public static byte[] Damaged(Dice dice)
    {
        var packet = dice.OneIn(16) ? dice.Bytes(dice.Length(120)) : Packet(dice);
        for (var changes = dice.Next(4); changes > 0 && packet.Length > 0; changes--)
        {
            var at = dice.Next(dice.OneIn(4) ? packet.Length : Math.Min(packet.Length, 80));
            packet[at] = dice.OneIn(2) ? (byte)dice.Next(256) : (byte)(packet[at] ^ (1 << dice.Next(8)));
        }

        if (dice.OneIn(6))
        {
            packet = packet[..dice.Next(packet.Length + 1)];
        }

        if (!dice.OneIn(6))
        {
            PacketEdit.FixChecksums(packet);
        }

        return packet;
    }

    /// <summary>The fragments of a packet, honest but for a damaged one here and there; the packet itself if it has options.</summary>
    public static List<byte[]> Pieces(Dice dice, byte[] packet)
    {
        var isPlain = packet.Length > 48 && (packet[0] == 0x45
            || (packet[0] >> 4 == 6 && packet[6] is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.IcmpV6));
        if (!isPlain)
        {
            return [packet];
        }

        var pieces = FragmentEdit.Cut(packet, dice.Next(56, Math.Max(57, packet.Length)), (uint)dice.Next(4));
        if (dice.OneIn(3))
        {
            var piece = pieces[dice.Next(pieces.Count)];
            piece[dice.Next(piece.Length)] ^= (byte)(1 << dice.Next(8));
            PacketEdit.FixChecksums(piece);
        }

        return dice.OneIn(2) ? [.. pieces.AsEnumerable().Reverse()] : pieces;
    }

    private static byte[][] Addresses(params string[] texts) => [.. texts.Select(text => IPAddress.Parse(text).GetAddressBytes())];

    private static byte[] Ip(bool isIPv4, byte[] source, byte[] destination, byte protocol, byte[] payload)
    {
        var header = isIPv4 ? IpHeader.Ipv4Length : IpHeader.Ipv6Length;
        var packet = new byte[header + payload.Length];
        packet[0] = (byte)(isIPv4 ? 0x45 : 0x60);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(isIPv4 ? 2 : 4), (ushort)(payload.Length + (isIPv4 ? header : 0)));
        packet[isIPv4 ? 9 : 6] = protocol;
        packet[isIPv4 ? 8 : 7] = 64;
        source.CopyTo(packet, isIPv4 ? 12 : 8);
        destination.CopyTo(packet, isIPv4 ? 16 : 24);
        payload.CopyTo(packet, header);
        return packet;
    }

    private static byte[] Tcp(Dice dice)
    {
        var options = dice.Next(8) switch
        {
            0 => dice.Bytes(4 * dice.Next(11)),
            1 => [2, 4, 5, 180, 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 3, 3, (byte)dice.Next(256)],
            2 => [1, 1, 5, (byte)dice.Pick(10, 18, 9, 0, 2), 0, 0, 0, 1, 0, 0, 0, 9],
            3 => [2, (byte)dice.Next(6), 0, 0],
            _ => [],
        };
        byte[] tcp = [.. new byte[20], .. options, .. dice.Bytes(dice.Length(1300))];
        BinaryPrimitives.WriteUInt16BigEndian(tcp, (ushort)dice.Next(4000, 4003));
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(2), dice.Pick<ushort>(80, 80, 81, 0));
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(4), dice.Edge32());
        BinaryPrimitives.WriteUInt32BigEndian(tcp.AsSpan(8), dice.Edge32());
        tcp[12] = (byte)((20 + options.Length) / 4 << 4);
        tcp[13] = dice.Pick<byte>(2, 16, 18, 4, 20, 17, 0, 1, (byte)dice.Next(256));
        BinaryPrimitives.WriteUInt16BigEndian(tcp.AsSpan(14), (ushort)dice.Next(65_536));
        return tcp;
    }

    private static byte[] Udp(Dice dice)
    {
        byte[] udp = [.. new byte[8], .. dice.Bytes(dice.Length(1300))];
        BinaryPrimitives.WriteUInt16BigEndian(udp, (ushort)dice.Next(0, 4));
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(2), dice.Pick<ushort>(53, 53, 54, 0));
        BinaryPrimitives.WriteUInt16BigEndian(udp.AsSpan(4), (ushort)(udp.Length + (dice.OneIn(6) ? dice.Next(-9, 9) : 0)));
        return udp;
    }

    private static byte[] Echo(Dice dice, bool isIPv4)
    {
        var type = isIPv4 ? IcmpType.EchoRequest : IcmpType.EchoRequestV6;
        return [dice.OneIn(6) ? (byte)dice.Next(256) : type, 0, .. dice.Bytes(6 + dice.Length(1300))];
    }

    // About a packet that we may have sent
    private static byte[] Error(Dice dice, bool isIPv4)
    {
        var quoted = Ip(
            isIPv4, (isIPv4 ? Sources4 : Sources6)[2], (isIPv4 ? Sources4 : Sources6)[0], dice.Pick(IpProtocol.Tcp, IpProtocol.Udp),
            dice.OneIn(2) ? Tcp(dice) : Udp(dice));
        var type = isIPv4
            ? dice.Pick(IcmpType.Unreachable, IcmpType.TimeExceeded, IcmpType.ParameterProblem, IcmpType.Redirect)
            : (byte)dice.Next(1, 5);
        return [type, (byte)dice.Next(16), .. dice.Bytes(6), .. quoted[..dice.Next(quoted.Length + 1)]];
    }

    private static byte[] Extend(Dice dice, byte[] packet, bool isIPv4)
    {
        if (isIPv4)
        {
            return PacketEdit.WithIpv4Options(packet, dice.OneIn(2) ? [1, 1, 1, 0] : dice.Bytes(4 * dice.Next(1, 11)));
        }

        for (var count = dice.Next(1, 4); count > 0; count--)
        {
            var extension = new byte[8 * dice.Next(1, 4)];
            extension[1] = (byte)((extension.Length / 8) - 1);
            extension[2] = dice.OneIn(2) ? (byte)1 : (byte)dice.Next(256);
            extension[3] = (byte)(extension.Length - 4);
            packet = PacketEdit.WithExtension(packet, dice.Pick<byte>(Extensions), extension);
        }

        return packet;
    }
}
