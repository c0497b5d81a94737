namespace Onetun.NetStack;

/// <summary>The rules that a fragment must follow by itself.</summary>
internal static class FragmentRules
{
    private const int TcpLengthOffset = 12;

    /// <summary><see cref="ReassemblyResult.Held"/>, or why the fragment is dropped.</summary>
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
    /// The length field of the reassembled packet, given the header length of its fragments: IPv4 counts all of the header, IPv6
    /// neither the fixed header nor the Fragment header, which is removed.
    /// </summary>
    public static int LengthField(int version, int headerLength, int payloadLength) => version == 4
        ? headerLength + payloadLength
        : headerLength - IpHeader.Ipv6Length - Fragmenter.Ipv6HeaderLength + payloadLength;

    // A filter must find the ports in the first fragment (RFC 8200 §4.5, and RFC 1858 §3 for IPv4)
    private static bool HoldsAllHeaders(ReadOnlySpan<byte> packet, in IpHeader header)
    {
        if (header.Version == 4)
        {
            return HoldsHeader(header.Protocol, packet[header.PayloadOffset..]);
        }

        // A fragment within a fragment would have to be reassembled again; only attackers send these
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
