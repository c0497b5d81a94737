using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Writes echo requests (RFC 792, RFC 4443 §4.1).</summary>
internal static class IcmpEcho
{
    /// <summary>Fills the packet with a request, whose data counts up; it must have room for both headers.</summary>
    public static void WriteRequest(
        Span<byte> packet, in IpAddress source, in IpAddress destination, ushort identifier, ushort sequence)
    {
        var protocol = source.IsIPv4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        var icmp = packet[HeaderPrototype.IpLength(source)..];
        HeaderPrototype.WriteIp(packet, source, destination, protocol, HeaderPrototype.DefaultHopLimit, icmp.Length);
        icmp[..IcmpMessage.HeaderLength].Clear();
        for (var i = IcmpMessage.HeaderLength; i < icmp.Length; i++)
        {
            icmp[i] = (byte)(i - IcmpMessage.HeaderLength);
        }

        icmp[0] = source.IsIPv4 ? IcmpType.EchoRequest : IcmpType.EchoRequestV6;
        BinaryPrimitives.WriteUInt16BigEndian(icmp[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[6..], sequence);
        var pseudo = IcmpMessage.PseudoHeader(source, destination, icmp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum.Finish(Checksum.Add(icmp, pseudo)));
    }

    /// <summary>Whether a message of this type is a request.</summary>
    public static bool IsRequest(byte protocol, byte type) =>
        (protocol, type) is (IpProtocol.Icmp, IcmpType.EchoRequest) or (IpProtocol.IcmpV6, IcmpType.EchoRequestV6);

    /// <summary>Whether it is the data of our requests.</summary>
    public static bool IsOurs(ReadOnlySpan<byte> data)
    {
        for (var i = 0; i < data.Length; i++)
        {
            if (data[i] != (byte)i)
            {
                return false;
            }
        }

        return true;
    }
}
