using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>A UDP datagram that was read and validated.</summary>
internal ref struct UdpDatagram
{
    public const int HeaderLength = 8;

    /// <summary>As seen by the receiver: local is the destination of the packet.</summary>
    public FlowKey Flow;
    public ReadOnlySpan<byte> Payload;

    /// <summary>Reads a packet of either version; false if it is a fragment or no valid UDP.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, out UdpDatagram datagram)
    {
        datagram = default;
        return IpHeader.TryRead(packet, out var header) && TryRead(packet, header, out datagram);
    }

    /// <summary>Reads the payload of a packet whose header is known.</summary>
    public static bool TryRead(ReadOnlySpan<byte> packet, scoped in IpHeader header, out UdpDatagram datagram)
    {
        datagram = default;
        if (header.Protocol != IpProtocol.Udp || header.IsFragment)
        {
            return false;
        }

        var udp = header.Payload(packet);
        if (!TryTrim(ref udp) || !IsChecksumRight(udp, header))
        {
            return false;
        }

        datagram.Flow = new FlowKey(
            header.Destination,
            header.Source,
            BinaryPrimitives.ReadUInt16BigEndian(udp[2..]),
            BinaryPrimitives.ReadUInt16BigEndian(udp));
        datagram.Payload = udp[HeaderLength..];
        return true;
    }

    // The length field counts, though the IP payload may be longer (RFC 768, RFC 1122 §4.1.1)
    private static bool TryTrim(ref ReadOnlySpan<byte> udp)
    {
        var length = udp.Length < HeaderLength ? 0 : BinaryPrimitives.ReadUInt16BigEndian(udp[4..]);
        if (length < HeaderLength || length > udp.Length)
        {
            return false;
        }

        udp = udp[..length];
        return true;
    }

    // IPv4 allows datagrams without a checksum (RFC 768), and IPv6 does not (RFC 8200 §8.1)
    private static bool IsChecksumRight(ReadOnlySpan<byte> udp, in IpHeader header)
    {
        if (udp[6] == 0 && udp[7] == 0)
        {
            return header.Version == 4;
        }

        var pseudo = Checksum.PseudoHeader(header.Source, header.Destination, IpProtocol.Udp, udp.Length);
        return Checksum.Finish(Checksum.Add(udp, pseudo)) == 0;
    }
}
