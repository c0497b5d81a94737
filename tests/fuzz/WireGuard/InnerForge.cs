using System.Buffers.Binary;
using System.Net;
using static Onetun.Fuzz.Breach;

namespace Onetun.Fuzz.WireGuard;

/// <summary>Makes what a peer sends that has a session and means harm.</summary>
internal static class InnerForge
{
    private static readonly byte[][] Addresses4 =
        [.. new[] { "10.0.0.1", "10.0.0.2", "10.0.0.3", "0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255" }.Select(Parse)];

    private static readonly byte[][] Addresses6 =
    [
        .. new[]
        {
            "fd00::1", "fd00::2", "fd00::3", "::", "::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:10.0.0.2", "::ffff:10.0.0.3", "::10.0.0.3",
            "64:ff9b::10.0.0.3", "2002:a00:3::1",
        }.Select(Parse),
    ];

    private static readonly IPAddress[] Others = [IPAddress.Parse("10.0.0.3"), IPAddress.Parse("fd00::3")];

    public static byte[] Packet(Dice dice, int most)
    {
        if (dice.OneIn(6))
        {
            return dice.Bytes(dice.Length(Math.Min(most, 100)));
        }

        var packet = dice.Bytes(dice.Next(20, Math.Min(most, 100) + 1));
        var isIPv4 = packet.Length < 40 || dice.OneIn(2);
        packet[0] = (byte)(isIPv4 ? 0x45 : 0x60);
        var length = packet.Length - (isIPv4 ? 0 : 40) + (dice.OneIn(3) ? dice.Pick(-1, 1, -40, 1000, 65_535, -20) : 0);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(isIPv4 ? 2 : 4), (ushort)length);
        dice.Pick<byte[]>(isIPv4 ? Addresses4 : Addresses6).CopyTo(packet, isIPv4 ? 12 : 8);
        dice.Pick<byte[]>(isIPv4 ? Addresses4 : Addresses6).CopyTo(packet, isIPv4 ? 16 : 24);
        return packet;
    }

    /// <summary>What must hold of a packet that was taken from a peer that has not the addresses ending in 3.</summary>
    public static void Check(ReadOnlySpan<byte> packet)
    {
        var isIPv4 = packet[0] >> 4 == 4;
        var source = new IPAddress(isIPv4 ? packet.Slice(12, 4) : packet.Slice(8, 16));
        var destination = new IPAddress(isIPv4 ? packet.Slice(16, 4) : packet.Slice(24, 16));
        var isMulticast = isIPv4 ? packet[12] >> 4 == 14 : source.IsIPv6Multicast;
        Require(!source.IsIPv4MappedToIPv6 && !destination.IsIPv4MappedToIPv6, "no IPv6 address inside stands for an IPv4 address");
        Require(!isMulticast && !IPAddress.IsLoopback(source), "no packet inside comes from a group or from ourselves");
        Require(!Others.Contains(source), "no peer speaks for another's address");
    }

    private static byte[] Parse(string address) => IPAddress.Parse(address).GetAddressBytes();
}
