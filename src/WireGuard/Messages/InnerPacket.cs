using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>The few fields of an IP packet that cryptokey routing needs (WireGuard §2).</summary>
internal static class InnerPacket
{
    private const int Ipv4HeaderSize = 20;
    private const int Ipv6HeaderSize = 40;

    /// <summary>Finds the destination of a packet on its way out.</summary>
    public static bool TryReadDestination(ReadOnlySpan<byte> packet, out InnerAddress destination)
    {
        switch (Version(packet))
        {
            case 4 when packet.Length >= Ipv4HeaderSize:
                destination = InnerAddress.ReadIpv4(packet[16..]);
                return true;
            case 6 when packet.Length >= Ipv6HeaderSize:
                destination = InnerAddress.ReadIpv6(packet[24..]);
                return true;
            default:
                destination = default;
                return false;
        }
    }

    /// <summary>
    /// Finds the source of a decrypted packet, and its length according to its own header, which leaves out the padding. Header
    /// length and checksums are left to the IP stack: the sender is authenticated.
    /// </summary>
    public static bool TryReadSource(ReadOnlySpan<byte> packet, out InnerAddress source, out int length)
    {
        switch (Version(packet))
        {
            case 4 when packet.Length >= Ipv4HeaderSize:
                length = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
                source = InnerAddress.ReadIpv4(packet[12..]);
                return length >= Ipv4HeaderSize && length <= packet.Length;
            case 6 when packet.Length >= Ipv6HeaderSize:
                // An int: in 16 bits a payload length near 65,535 would wrap and pass.
                length = Ipv6HeaderSize + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
                source = InnerAddress.ReadIpv6(packet[8..]);
                return length <= packet.Length;
            default:
                source = default;
                length = 0;
                return false;
        }
    }

    private static int Version(ReadOnlySpan<byte> packet) => packet.IsEmpty ? 0 : packet[0] >> 4;
}
