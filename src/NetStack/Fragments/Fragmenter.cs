using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Splits a packet of ours that is longer than the MTU into fragments (RFC 791 §3.2, RFC 8200 §4.5).</summary>
internal static class Fragmenter
{
    public const int Ipv6HeaderLength = 8;

    // The unit of the offset field: the length of every fragment but the last is a multiple of it
    public const int Unit = 8;

    /// <summary>
    /// Writes the fragment that begins <paramref name="offset"/> bytes into the payload, and advances the offset past it; false if
    /// there are no more. The offset starts at 0. All fragments of a packet have the same identification, which was not used
    /// recently between the same two hosts (RFC 6864 §4).
    /// </summary>
    /// <exception cref="ArgumentException">The packet has IPv4 options or IPv6 extension headers, which we never send.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The MTU leaves no room for 8 bytes of payload.</exception>
    public static bool TryNext(
        ReadOnlySpan<byte> packet, int mtu, ref int offset, uint identification, Span<byte> buffer, out int length)
    {
        var isIpv4 = packet[0] >> 4 == 4;
        var headerLength = isIpv4 ? IpHeader.Ipv4Length : IpHeader.Ipv6Length;
        ThrowIfNotPlain(packet);
        var overhead = isIpv4 ? headerLength : headerLength + Ipv6HeaderLength;
        ArgumentOutOfRangeException.ThrowIfLessThan(mtu, overhead + Unit);

        var rest = packet[Math.Min(headerLength + offset, packet.Length)..];
        length = 0;
        if (rest.IsEmpty)
        {
            return false;
        }

        var room = mtu - overhead;
        var isLast = rest.Length <= room;
        var payload = isLast ? rest : rest[..(room / Unit * Unit)];
        length = overhead + payload.Length;
        var fragment = buffer[..length];
        packet[..headerLength].CopyTo(fragment);
        payload.CopyTo(fragment[overhead..]);
        if (isIpv4)
        {
            WriteIpv4(fragment, offset, isLast, (ushort)identification);
        }
        else
        {
            WriteIpv6(fragment, offset, isLast, identification);
        }

        offset += payload.Length;
        return true;
    }

    // DF is cleared with the rest of the field: it serves path MTU discovery, which fragments do without
    private static void WriteIpv4(Span<byte> fragment, int offset, bool isLast, ushort identification)
    {
        BinaryPrimitives.WriteUInt16BigEndian(fragment[2..], (ushort)fragment.Length);
        BinaryPrimitives.WriteUInt16BigEndian(fragment[4..], identification);
        var more = isLast ? 0 : IpHeader.MoreFragmentsMask;
        BinaryPrimitives.WriteUInt16BigEndian(fragment[6..], (ushort)((offset / Unit) | more));
        fragment[10..12].Clear();
        BinaryPrimitives.WriteUInt16BigEndian(
            fragment[10..], Checksum.Finish(Checksum.Add(fragment[..IpHeader.Ipv4Length])));
    }

    private static void WriteIpv6(Span<byte> fragment, int offset, bool isLast, uint identification)
    {
        BinaryPrimitives.WriteUInt16BigEndian(fragment[4..], (ushort)(fragment.Length - IpHeader.Ipv6Length));
        var extension = fragment.Slice(IpHeader.Ipv6Length, Ipv6HeaderLength);
        extension[0] = fragment[6];
        extension[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(extension[2..], (ushort)(offset | (isLast ? 0 : 1)));
        BinaryPrimitives.WriteUInt32BigEndian(extension[4..], identification);
        fragment[6] = IpProtocol.Fragment;
    }

    // For options and extension headers there are rules on which of them every fragment repeats (RFC 791 §3.1)
    private static void ThrowIfNotPlain(ReadOnlySpan<byte> packet)
    {
        const byte PlainIpv4 = 0x45;
        var isPlain = packet[0] >> 4 == 4
            ? packet[0] == PlainIpv4
            : packet[6] is not (IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment);
        if (!isPlain)
        {
            throw new ArgumentException("Only a packet with a plain header can be cut into fragments.", nameof(packet));
        }
    }
}
