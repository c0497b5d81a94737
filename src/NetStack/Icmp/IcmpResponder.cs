using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>Answers echo requests (RFC 1122 §3.2.2.6, RFC 4443 §4.2).</summary>
internal static class IcmpResponder
{
    /// <summary>
    /// Writes the reply to an echo request; false if the packet is none, is damaged, is a fragment, is multicast or broadcast, or
    /// if the reply does not fit.
    /// </summary>
    public static bool TryEchoReply(ReadOnlySpan<byte> packet, Span<byte> reply, out int length)
    {
        length = 0;
        if (!IpHeader.TryRead(packet, out var header)
            || header.Destination.IsMulticast
            || header.Destination.IsBroadcast
            || !IcmpMessage.IsValid(packet, header))
        {
            return false;
        }

        var isIpv4 = header.Version == 4;
        var request = header.Payload(packet);
        var isEcho = request[0] == (isIpv4 ? IcmpType.EchoRequest : IcmpType.EchoRequestV6) && request[1] == 0;
        if (!isEcho || reply.Length < HeaderPrototype.IpLength(header.Source) + request.Length)
        {
            return false;
        }

        var ipLength = HeaderPrototype.WriteIp(
            reply, header.Destination, header.Source, header.Protocol, HeaderPrototype.DefaultHopLimit, request.Length);
        var icmp = reply.Slice(ipLength, request.Length);
        request.CopyTo(icmp);
        icmp[0] = isIpv4 ? IcmpType.EchoReply : IcmpType.EchoReplyV6;
        icmp[2..4].Clear();
        var pseudo = IcmpMessage.PseudoHeader(header.Destination, header.Source, icmp.Length);
        BinaryPrimitives.WriteUInt16BigEndian(icmp[2..], Checksum.Finish(Checksum.Add(icmp, pseudo)));
        length = ipLength + icmp.Length;
        return true;
    }
}
