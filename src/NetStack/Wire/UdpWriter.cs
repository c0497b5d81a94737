using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Writes UDP datagrams.</summary>
internal static class UdpWriter
{
    /// <summary>The length of the headers before the payload, in bytes.</summary>
    public static int HeaderLength(in FlowKey flow) => HeaderPrototype.IpLength(flow.Local) + UdpDatagram.HeaderLength;

    /// <summary>Writes a packet from the local to the remote end, and returns its length in bytes.</summary>
    public static int Write(
        Span<byte> packet, in FlowKey flow, ReadOnlySpan<byte> payload, byte hopLimit = HeaderPrototype.DefaultHopLimit)
    {
        var length = UdpDatagram.HeaderLength + payload.Length;
        var ipLength = HeaderPrototype.IpLength(flow.Local);
        var udp = packet.Slice(ipLength, length);
        var sum = Checksum.CopyAndAdd(payload, udp[UdpDatagram.HeaderLength..]);

        HeaderPrototype.WriteIp(packet, flow.Local, flow.Remote, IpProtocol.Udp, hopLimit, length);
        HeaderPrototype.WriteUdp(udp, flow);
        BinaryPrimitives.WriteUInt16BigEndian(udp[4..], (ushort)length);
        sum += Checksum.PseudoHeader(flow.Local, flow.Remote, IpProtocol.Udp, length);
        var checksum = Checksum.Finish(Checksum.Add(udp[..UdpDatagram.HeaderLength], sum));

        // Zero would mean that there is no checksum (RFC 768)
        BinaryPrimitives.WriteUInt16BigEndian(udp[6..], checksum == 0 ? ushort.MaxValue : checksum);
        return ipLength + length;
    }
}
