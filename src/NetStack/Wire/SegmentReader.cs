using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>
/// Reads, without allocating, the packets that make up nearly all traffic: TCP over IPv4 without options or IPv6 without extension
/// headers. <see cref="PacketReader"/> reads all others.
/// </summary>
internal static class SegmentReader
{
    internal const int TcpHeaderLength = 20;

    public static ReadResult TryRead(ReadOnlySpan<byte> packet, out TcpSegment segment)
    {
        segment = default;
        if (packet.IsEmpty)
        {
            return ReadResult.Malformed;
        }

        return (packet[0] >> 4) switch
        {
            4 => ReadIpv4(packet, ref segment),
            6 => ReadIpv6(packet, ref segment),
            _ => ReadResult.Malformed,
        };
    }

    private static ReadResult ReadIpv4(ReadOnlySpan<byte> packet, ref TcpSegment segment)
    {
        if (packet.Length < IpHeader.Ipv4Length || (packet[0] & 15) < 5)
        {
            return ReadResult.Malformed;
        }

        if (packet[0] != 0x45)
        {
            return ReadResult.NotTcp;
        }

        int totalLength = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (totalLength < IpHeader.Ipv4Length || totalLength > packet.Length)
        {
            return ReadResult.Malformed;
        }

        if (Checksum.Finish(Checksum.Add(packet[..IpHeader.Ipv4Length])) != 0)
        {
            return ReadResult.BadChecksum;
        }

        if ((BinaryPrimitives.ReadUInt16BigEndian(packet[6..]) & IpHeader.AnyFragmentMask) != 0)
        {
            return ReadResult.Fragment;
        }

        segment.Ecn = (EcnField)(packet[1] & 3);
        return packet[9] != IpProtocol.Tcp
            ? ReadResult.NotTcp
            : ReadTcp(
                IpAddress.ReadIpv4(packet[12..]), IpAddress.ReadIpv4(packet[16..]),
                packet[IpHeader.Ipv4Length..totalLength], ref segment);
    }

    private static ReadResult ReadIpv6(ReadOnlySpan<byte> packet, ref TcpSegment segment)
    {
        if (packet.Length < IpHeader.Ipv6Length)
        {
            return ReadResult.Malformed;
        }

        var totalLength = IpHeader.Ipv6Length + BinaryPrimitives.ReadUInt16BigEndian(packet[4..]);
        if (totalLength > packet.Length)
        {
            return ReadResult.Malformed;
        }

        if (packet[6] != IpProtocol.Tcp)
        {
            return ReadResult.NotTcp;
        }

        segment.Ecn = (EcnField)((packet[1] >> 4) & 3);
        var source = IpAddress.ReadIpv6(packet[8..]);
        var destination = IpAddress.ReadIpv6(packet[24..]);
        return source.IsIPv4 || destination.IsIPv4
            ? ReadResult.MappedAddress
            : ReadTcp(source, destination, packet[IpHeader.Ipv6Length..totalLength], ref segment);
    }

    private static ReadResult ReadTcp(
        scoped in IpAddress source, scoped in IpAddress destination, ReadOnlySpan<byte> tcp, ref TcpSegment segment)
    {
        var result = Check(source, destination, tcp, out var headerLength);
        if (result != ReadResult.Ok)
        {
            return result;
        }

        var flags = (TcpFlags)tcp[13];
        if (!TcpHeaderOptions.TryRead(
            tcp[TcpHeaderLength..headerLength], (flags & TcpFlags.Syn) != 0, out segment.Options))
        {
            return ReadResult.Malformed;
        }

        segment.Flow = new FlowKey(
            destination, source, BinaryPrimitives.ReadUInt16BigEndian(tcp[2..]), BinaryPrimitives.ReadUInt16BigEndian(tcp));
        segment.Sequence = BinaryPrimitives.ReadUInt32BigEndian(tcp[4..]);
        segment.Acknowledgment = BinaryPrimitives.ReadUInt32BigEndian(tcp[8..]);
        segment.Flags = flags;
        segment.Window = BinaryPrimitives.ReadUInt16BigEndian(tcp[14..]);
        segment.Payload = tcp[headerLength..];
        return ReadResult.Ok;
    }

    /// <summary>Checks what must hold before any field of a TCP header is believed.</summary>
    internal static ReadResult Check(
        scoped in IpAddress source, scoped in IpAddress destination, ReadOnlySpan<byte> tcp, out int headerLength)
    {
        headerLength = tcp.Length < TcpHeaderLength ? 0 : (tcp[12] >> 4) * 4;
        if (headerLength < TcpHeaderLength || headerLength > tcp.Length)
        {
            return ReadResult.Malformed;
        }

        // Such a segment is not answered either (RFC 9293 §3.9.2.3, MUST-63)
        if (!source.MaySend)
        {
            return ReadResult.ForbiddenSource;
        }

        var pseudo = Checksum.PseudoHeader(source, destination, IpProtocol.Tcp, tcp.Length);
        return Checksum.Finish(Checksum.Add(tcp, pseudo)) == 0 ? ReadResult.Ok : ReadResult.BadChecksum;
    }
}
