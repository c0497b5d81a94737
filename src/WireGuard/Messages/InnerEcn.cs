using System.Buffers.Binary;

namespace Onetun.WireGuard;

/// <summary>
/// The ECN field of an inner packet: the low two bits of the IPv4 TOS byte or of the IPv6 traffic class (RFC 3168 §5).
/// </summary>
internal static class InnerEcn
{
    private const byte Mask = 3;
    private const int Ipv6Shift = 4;
    private const int Ipv4Checksum = 10;

    /// <summary>
    /// The field that the outer header gets too (RFC 6040 §4.1, normal mode); a keepalive, which is empty, cannot be marked.
    /// </summary>
    public static EcnField Read(ReadOnlySpan<byte> packet) => packet.IsEmpty
        ? EcnField.NotEct
        : (EcnField)((IsIpv6(packet) ? packet[1] >> Ipv6Shift : packet[1]) & Mask);

    /// <summary>
    /// Passes on to a decrypted packet what the outer header says (RFC 6040 §4.2, figure 4). False if it has to be dropped: it
    /// was marked, its sender would not understand a mark, and only a loss is left to tell of the congestion.
    /// </summary>
    public static bool TryCombine(Span<byte> packet, EcnField outer)
    {
        switch (Read(packet), outer)
        {
            case (EcnField.NotEct, EcnField.Ce):
                return false;
            case (EcnField.Ect0 or EcnField.Ect1, EcnField.Ce):
            case (EcnField.Ect0, EcnField.Ect1):
                Write(packet, outer);
                return true;
            default:
                return true;
        }
    }

    private static void Write(Span<byte> packet, EcnField field)
    {
        if (IsIpv6(packet))
        {
            packet[1] = (byte)((packet[1] & ~(Mask << Ipv6Shift)) | ((int)field << Ipv6Shift));
            return;
        }

        var before = BinaryPrimitives.ReadUInt16BigEndian(packet);
        packet[1] = (byte)((packet[1] & ~Mask) | (int)field);
        UpdateChecksum(packet[Ipv4Checksum..], before, BinaryPrimitives.ReadUInt16BigEndian(packet));
    }

    /// <summary>RFC 1624 §3, equation 3: a sum that was wrong stays wrong.</summary>
    private static void UpdateChecksum(Span<byte> checksum, ushort before, ushort after)
    {
        var sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(checksum) + (ushort)~before + after;
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        sum = (sum & ushort.MaxValue) + (sum >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(checksum, (ushort)~sum);
    }

    private static bool IsIpv6(ReadOnlySpan<byte> packet) => packet[0] >> 4 == 6;
}
