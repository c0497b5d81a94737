using System.Buffers.Binary;
using System.Net;

namespace Onetun.NetStack;

/// <summary>Writes UDP datagrams.</summary>
public static class UdpWriter
{
    /// <summary>The most bytes that the headers before a payload have: 48, with IPv6.</summary>
    public const int MaxHeaderLength = IpHeader.Ipv6Length + UdpDatagram.HeaderLength;

    /// <summary>Writes a packet of IPv4 or IPv6 with a hop limit of 64, and returns its length in bytes.</summary>
    /// <param name="packet">Room for the payload and <see cref="MaxHeaderLength"/> bytes.</param>
    /// <param name="source">Where it comes from.</param>
    /// <param name="destination">Where it goes, an address of the same IP version.</param>
    /// <param name="payload">Up to 65,507 bytes.</param>
    /// <param name="ecn">Its ECN field (RFC 3168 §5): 0 to 3.</param>
    /// <exception cref="ArgumentException">The addresses are of two versions, or the payload does not fit.</exception>
    public static int Write(Span<byte> packet, IPEndPoint source, IPEndPoint destination, ReadOnlySpan<byte> payload, byte ecn = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.AddressFamily, source.AddressFamily, nameof(destination));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ecn, (byte)3);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, ushort.MaxValue - IpHeader.Ipv4Length - UdpDatagram.HeaderLength);
        var flow = new FlowKey(
            IpAddress.From(source.Address), IpAddress.From(destination.Address), (ushort)source.Port, (ushort)destination.Port);
        var length = Write(packet, flow, payload);
        HeaderPrototype.SetEcn(packet, (EcnField)ecn);
        return length;
    }

    /// <summary>The length of the headers before the payload, in bytes.</summary>
    internal static int HeaderLength(in FlowKey flow) => HeaderPrototype.IpLength(flow.Local) + UdpDatagram.HeaderLength;

    /// <summary>Writes a packet from the local to the remote end, and returns its length in bytes.</summary>
    internal static int Write(
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
