namespace Onetun.NetStack;

/// <summary>What a fragment must keep to by itself, whatever the others say.</summary>
internal static class FragmentRules
{
    private const int TcpLengthOffset = 12;

    /// <summary><see cref="ReassemblyResult.Held"/>, or why it is dropped.</summary>
    public static ReassemblyResult Check(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        var length = header.TotalLength - header.PayloadOffset;
        if (length == 0)
        {
            return ReassemblyResult.Empty;
        }

        if (header.MoreFragments && length % Fragmenter.Unit != 0)
        {
            return ReassemblyResult.BadLength;
        }

        if (LengthField(header.Version, header.PayloadOffset, header.FragmentOffset + length) > ushort.MaxValue)
        {
            return ReassemblyResult.TooLong;
        }

        return header.FragmentOffset == 0 && !HoldsAllHeaders(packet[..header.TotalLength], header)
            ? ReassemblyResult.IncompleteHeader
            : ReassemblyResult.Held;
    }

    /// <summary>
    /// The length field of a whole packet whose fragments have headers so long: IPv4 counts all of it, IPv6 neither
    /// its fixed header nor the Fragment header, which goes.
    /// </summary>
    public static int LengthField(int version, int headerLength, int payloadLength) => version == 4
        ? headerLength + payloadLength
        : headerLength - IpHeader.Ipv6Length - Fragmenter.Ipv6HeaderLength + payloadLength;

    // RFC 8200 §4.5, and RFC 1858 §3 for IPv4: who filters by ports must find them in the first fragment
    private static bool HoldsAllHeaders(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        if (header.Version == 4)
        {
            return HoldsHeader(header.Protocol, packet[header.PayloadOffset..]);
        }

        // A fragment inside a fragment would have to be put together again, by a sender who means no good
        return ExtensionHeaders.TryWalkOn(packet, header, out var extensions)
            && !extensions.MoreFragments
            && extensions.FragmentOffset == 0
            && HoldsHeader(packet[extensions.ProtocolOffset], packet[extensions.PayloadOffset..]);
    }

    private static bool HoldsHeader(byte protocol, ReadOnlySpan<byte> payload) => protocol switch
    {
        IpProtocol.Tcp => payload.Length >= SegmentReader.TcpHeaderLength
            && payload.Length >= (payload[TcpLengthOffset] >> 4) * 4,
        IpProtocol.Udp => payload.Length >= UdpDatagram.HeaderLength,
        IpProtocol.Icmp or IpProtocol.IcmpV6 => payload.Length >= IcmpMessage.HeaderLength,
        _ => true,
    };
}
