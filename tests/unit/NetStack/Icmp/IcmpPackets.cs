using System.Buffers.Binary;

namespace Onetun.NetStack.Tests;

/// <summary>ICMP messages as another host would send them to the local end of a flow.</summary>
internal static class IcmpPackets
{
    public static byte[] Echo(FlowKey flow, ushort identifier, ushort sequence, byte[] data) => Message(
        flow,
        flow.Local.IsIPv4 ? IcmpType.EchoRequest : IcmpType.EchoRequestV6,
        0,
        ((uint)identifier << 16) | sequence,
        data);

    public static byte[] Message(FlowKey flow, byte type, byte code, uint rest, ReadOnlySpan<byte> body)
    {
        var protocol = flow.Local.IsIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        var packet = new byte[HeaderPrototype.IpLength(flow.Local) + IcmpMessage.HeaderLength + body.Length];
        var ipLength = HeaderPrototype.IpLength(flow.Local);
        HeaderPrototype.WriteIp(packet, flow.Remote, flow.Local, protocol, 64, packet.Length - ipLength);
        var icmp = packet.AsSpan(ipLength);
        icmp[0] = type;
        icmp[1] = code;
        BinaryPrimitives.WriteUInt32BigEndian(icmp[4..], rest);
        body.CopyTo(icmp[8..]);
        PacketEdit.FixTransportChecksum(packet, ipLength, protocol, 2);
        return packet;
    }
}
