using System.Buffers.Binary;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack;

/// <summary>
/// The general path: reads with PacketDotNet what <see cref="SegmentReader"/> does not read. PacketDotNet only gets what has
/// passed our own checks, one header at a time: it throws on short packets, loops forever on a TCP option of length 0, gets the
/// offsets of several IPv6 extension headers wrong, and cannot read SACK blocks. Not thread-safe.
/// </summary>
internal sealed class PacketReader
{
    private byte[] _scratch = new byte[2048];

    public PacketReader() => PacketDotNetSetup.KeepPayloadsRaw();

    /// <summary>Reads a TCP segment, also after IPv4 options and IPv6 extension headers.</summary>
    public ReadResult TryReadTcp(ReadOnlySpan<byte> packet, out TcpSegment segment)
    {
        segment = default;
        var result = IpHeader.Read(packet, out var header);
        if (result != ReadResult.Ok)
        {
            return result;
        }

        if (header.IsFragment)
        {
            return ReadResult.Fragment;
        }

        return header.Protocol == IpProtocol.Tcp
            ? ReadTcp(header, header.Payload(packet), ref segment)
            : ReadResult.NotTcp;
    }

    /// <summary>Reads a UDP datagram, also after IPv4 options and IPv6 extension headers.</summary>
    public bool TryReadUdp(ReadOnlySpan<byte> packet, out UdpDatagram datagram)
    {
        datagram = default;
        if (!IpHeader.TryRead(packet, out var header) || !UdpDatagram.TryRead(packet, header, out datagram))
        {
            return false;
        }

        var udp = new UdpPacket(Segment(header.Payload(packet)));
        datagram.Flow = new FlowKey(header.Destination, header.Source, udp.DestinationPort, udp.SourcePort);
        return true;
    }

    /// <summary>Reads an ICMP message of either version.</summary>
    public bool TryReadIcmp(ReadOnlySpan<byte> packet, out IcmpMessage message)
    {
        message = default;
        if (!IpHeader.TryRead(packet, out var header) || !IcmpMessage.IsValid(packet, header))
        {
            return false;
        }

        var icmp = header.Payload(packet);
        message = header.Version == 4 ? ReadIcmpV4(header, icmp) : ReadIcmpV6(header, icmp);
        return true;
    }

    private ReadResult ReadTcp(scoped in IpHeader header, ReadOnlySpan<byte> bytes, ref TcpSegment segment)
    {
        var result = SegmentReader.Check(header.Source, header.Destination, bytes, out var headerLength);
        if (result != ReadResult.Ok)
        {
            return result;
        }

        var tcp = new TcpPacket(Segment(bytes[..headerLength]));
        var options = bytes[SegmentReader.TcpHeaderLength..headerLength];
        if (!TcpHeaderOptions.TryRead(options, tcp.Synchronize, out segment.Options))
        {
            return ReadResult.Malformed;
        }

        segment.Flow = new FlowKey(header.Destination, header.Source, tcp.DestinationPort, tcp.SourcePort);
        segment.Sequence = tcp.SequenceNumber;
        segment.Acknowledgment = tcp.AcknowledgmentNumber;
        segment.Flags = (TcpFlags)tcp.Flags;
        segment.Ecn = header.Ecn;
        segment.Window = tcp.WindowSize;
        segment.Payload = bytes[headerLength..];
        return ReadResult.Ok;
    }

    private IcmpMessage ReadIcmpV4(scoped in IpHeader header, ReadOnlySpan<byte> bytes)
    {
        var icmp = new IcmpV4Packet(Segment(bytes[..IcmpMessage.HeaderLength]));
        var typeAndCode = (ushort)icmp.TypeCode;
        return new IcmpMessage
        {
            Source = header.Source,
            Destination = header.Destination,
            Type = (byte)(typeAndCode >> 8),
            Code = (byte)typeAndCode,
            Rest = ((uint)icmp.Id << 16) | icmp.Sequence,
            Body = bytes[IcmpMessage.HeaderLength..],
        };
    }

    private IcmpMessage ReadIcmpV6(scoped in IpHeader header, ReadOnlySpan<byte> bytes)
    {
        var icmp = new IcmpV6Packet(Segment(bytes[..IcmpMessage.HeaderLength]));
        return new IcmpMessage
        {
            Source = header.Source,
            Destination = header.Destination,
            Type = (byte)icmp.Type,
            Code = icmp.Code,
            Rest = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]),
            Body = bytes[IcmpMessage.HeaderLength..],
        };
    }

    private ByteArraySegment Segment(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _scratch.Length)
        {
            _scratch = new byte[ushort.MaxValue];
        }

        bytes.CopyTo(_scratch);
        return new ByteArraySegment(_scratch, 0, bytes.Length);
    }
}
