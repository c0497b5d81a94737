using System.Buffers.Binary;
using System.Net;
using PacketDotNet;

namespace Onetun.NetStack;

/// <summary>
/// Blank headers, built by PacketDotNet once per process; every header that we send is a copy with its own fields filled in.
/// Building one costs 2.5 KB, and every segment of a flood of stray ones may draw a reset.
/// </summary>
internal static class HeaderPrototype
{
    public const byte DefaultHopLimit = 64;

    // With DF set, an identification of 0 is right (RFC 6864 §4.1)
    private const int DontFragment = 2;

    private static readonly byte[] Ipv4 =
        new IPv4Packet(IPAddress.Any, IPAddress.Any) { FragmentFlags = DontFragment }.HeaderData;

    private static readonly byte[] Ipv6 = new IPv6Packet(IPAddress.IPv6Any, IPAddress.IPv6Any).HeaderData;

    private static readonly byte[] TcpHeader = new TcpPacket(0, 0).HeaderData;

    private static readonly byte[] UdpHeader = new UdpPacket(0, 0).HeaderData;

    public static int IpLength(in IpAddress address) => address.IsIPv4 ? IpHeader.Ipv4Length : IpHeader.Ipv6Length;

    /// <summary>Writes an IP header for a payload of the given length, and returns its own length; both are in bytes.</summary>
    public static int WriteIp(
        Span<byte> packet, in IpAddress source, in IpAddress destination, byte protocol, byte hopLimit, int payloadLength)
    {
        if (!source.IsIPv4)
        {
            Ipv6.CopyTo(packet);
            BinaryPrimitives.WriteUInt16BigEndian(packet[4..], (ushort)payloadLength);
            packet[6] = protocol;
            packet[7] = hopLimit;
            source.Write(packet[8..]);
            destination.Write(packet[24..]);
            return IpHeader.Ipv6Length;
        }

        Ipv4.CopyTo(packet);
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(IpHeader.Ipv4Length + payloadLength));
        packet[8] = hopLimit;
        packet[9] = protocol;
        packet.Slice(10, 2).Clear();
        source.Write(packet[12..]);
        destination.Write(packet[16..]);
        var checksum = Checksum.Finish(Checksum.Add(packet[..IpHeader.Ipv4Length]));
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], checksum);
        return IpHeader.Ipv4Length;
    }

    /// <summary>Puts a mark into a header whose traffic class is 0.</summary>
    public static void SetEcn(Span<byte> packet, EcnField ecn)
    {
        if (packet[0] >> 4 != 4)
        {
            packet[1] = (byte)((int)ecn << 4);
            return;
        }

        // The header's sum grows by as much as its first word (RFC 1624)
        packet[1] = (byte)ecn;
        var checksum = Checksum.Finish((ushort)~BinaryPrimitives.ReadUInt16BigEndian(packet[10..]) + (uint)ecn);
        BinaryPrimitives.WriteUInt16BigEndian(packet[10..], checksum);
    }

    /// <summary>Writes the 20 bytes of a TCP header: the ports, the data offset, and zeros.</summary>
    public static void WriteTcp(Span<byte> tcp, in FlowKey flow) => WritePorts(tcp, TcpHeader, flow);

    /// <summary>Writes the 8 bytes of a UDP header: the ports, and zeros.</summary>
    public static void WriteUdp(Span<byte> udp, in FlowKey flow) => WritePorts(udp, UdpHeader, flow);

    private static void WritePorts(Span<byte> transport, byte[] prototype, in FlowKey flow)
    {
        prototype.CopyTo(transport);
        BinaryPrimitives.WriteUInt16BigEndian(transport, flow.LocalPort);
        BinaryPrimitives.WriteUInt16BigEndian(transport[2..], flow.RemotePort);
    }
}
