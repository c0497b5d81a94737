using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>One UDP datagram, read and validated.</summary>
internal ref struct UdpDatagram
{
    public const int HeaderLength = 8;

    /// <summary>The receiver's view: local is the destination of the packet.</summary>
    public FlowKey Flow;
    public ReadOnlySpan<byte> Payload;

    /// <summary>Reads a whole packet of either version; false for fragments and for whatever is not valid UDP.</summary>
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

    // The length field rules; the IP payload may be longer (RFC 768, RFC 1122 §4.1.1)
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

    // None is allowed in IPv4 (RFC 768) but not in IPv6 (RFC 8200 §8.1)
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
