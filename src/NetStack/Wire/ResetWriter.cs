using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Writes the reset that answers a segment of no connection (RFC 9293 §3.10.7.1).</summary>
internal static class ResetWriter
{
    /// <summary>The length of a reset over IPv6, in bytes; over IPv4 it is shorter.</summary>
    public const int MaxLength = IpHeader.Ipv6Length + SegmentReader.TcpHeaderLength;

    /// <summary>
    /// Writes the reset and returns its length in bytes; 0 if the segment is itself a reset, which is never answered.
    /// </summary>
    public static int WriteReset(Span<byte> packet, in TcpSegment offending)
    {
        if (offending.Has(TcpFlags.Rst))
        {
            return 0;
        }

        return offending.Has(TcpFlags.Ack)
            ? Write(packet, offending.Flow, offending.Acknowledgment, 0, TcpFlags.Rst)
            : Write(packet, offending.Flow, 0, offending.End, TcpFlags.Rst | TcpFlags.Ack);
    }

    /// <summary>Writes a segment without the template of a connection: window 0, no options, no payload.</summary>
    public static int Write(Span<byte> packet, in FlowKey flow, uint sequence, uint acknowledgment, TcpFlags flags)
    {
        const int Length = SegmentReader.TcpHeaderLength;
        var ipLength = HeaderPrototype.WriteIp(
            packet, flow.Local, flow.Remote, IpProtocol.Tcp, HeaderPrototype.DefaultHopLimit, Length);
        var tcp = packet.Slice(ipLength, Length);
        HeaderPrototype.WriteTcp(tcp, flow);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[4..], sequence);
        BinaryPrimitives.WriteUInt32BigEndian(tcp[8..], acknowledgment);
        tcp[13] = (byte)flags;
        var pseudo = Checksum.PseudoHeader(flow.Local, flow.Remote, IpProtocol.Tcp, Length);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], Checksum.Finish(Checksum.Add(tcp, pseudo)));
        return ipLength + Length;
    }
}
