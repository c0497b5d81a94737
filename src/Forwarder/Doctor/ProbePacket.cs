using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Doctor;

/// <summary>Whole packets of the two kinds that a probe sends, without options.</summary>
internal static class ProbePacket
{
    public const byte Tcp = 6;

    private const int TcpLength = 20;
    private const int EchoHeaderLength = 8;
    private const byte HopLimit = 64;

    /// <summary>The header in front of what is carried.</summary>
    public static int HeaderLength(IPAddress address) => IsV4(address) ? 20 : 40;

    public static byte Icmp(IPAddress address) => IsV4(address) ? (byte)1 : (byte)58;

    /// <summary>A segment without data.</summary>
    public static byte[] Segment(IPEndPoint source, IPEndPoint destination, uint sequence, byte flags)
    {
        var segment = new byte[TcpLength];
        BinaryPrimitives.WriteUInt16BigEndian(segment, (ushort)source.Port);
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(2), (ushort)destination.Port);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(4), sequence);
        segment[12] = TcpLength / 4 << 4;
        segment[13] = flags;
        BinaryPrimitives.WriteUInt16BigEndian(segment.AsSpan(14), ushort.MaxValue);
        return Wrap(source.Address, destination.Address, Tcp, segment, checksumAt: 16);
    }

    /// <summary>An echo request, as long as the packet is to be (RFC 792, RFC 4443 §4.1).</summary>
    public static byte[] Echo(IPAddress source, IPAddress destination, ushort identifier, int packetLength)
    {
        var echo = new byte[Math.Max(EchoHeaderLength, packetLength - HeaderLength(source))];
        echo[0] = IsV4(source) ? (byte)8 : (byte)128;
        BinaryPrimitives.WriteUInt16BigEndian(echo.AsSpan(4), identifier);
        BinaryPrimitives.WriteUInt16BigEndian(echo.AsSpan(6), (ushort)packetLength);
        return Wrap(source, destination, Icmp(source), echo, checksumAt: 2);
    }

    /// <summary>Takes a packet without options apart; false if it is not such a packet, or is cut short.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> packet,
        out IPAddress source,
        out IPAddress destination,
        out byte protocol,
        out ReadOnlySpan<byte> carried)
    {
        (source, destination, protocol) = (IPAddress.None, IPAddress.None, 0);
        carried = default;
        if (packet.Length >= 20 && packet[0] >> 4 == 4)
        {
            var length = (packet[0] & 15) * 4;
            if (length < 20 || length > packet.Length)
            {
                return false;
            }

            (source, destination, protocol) = (new IPAddress(packet[12..16]), new IPAddress(packet[16..20]), packet[9]);
            carried = packet[length..];
            return true;
        }

        if (packet.Length >= 40 && packet[0] >> 4 == 6)
        {
            (source, destination, protocol) = (new IPAddress(packet[8..24]), new IPAddress(packet[24..40]), packet[6]);
            carried = packet[40..];
            return true;
        }

        return false;
    }

    private static byte[] Wrap(IPAddress source, IPAddress destination, byte protocol, byte[] carried, int checksumAt)
    {
        // ICMP has no pseudo-header (RFC 792); TCP and ICMPv6 have one (RFC 4443 §2.3).
        var pseudo = protocol == 1 ? 0 : Sum(source.GetAddressBytes()) + Sum(destination.GetAddressBytes())
            + (uint)carried.Length + protocol;
        BinaryPrimitives.WriteUInt16BigEndian(carried.AsSpan(checksumAt), Finish(pseudo + Sum(carried)));
        var header = new byte[HeaderLength(source)];
        if (IsV4(source))
        {
            header[0] = 0x45;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(header.Length + carried.Length));
            header[6] = 0x40; // Don't fragment: it is the length that is asked about
            header[8] = HopLimit;
            header[9] = protocol;
            source.TryWriteBytes(header.AsSpan(12), out _);
            destination.TryWriteBytes(header.AsSpan(16), out _);
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), Finish(Sum(header)));
        }
        else
        {
            header[0] = 0x60;
            BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)carried.Length);
            header[6] = protocol;
            header[7] = HopLimit;
            source.TryWriteBytes(header.AsSpan(8), out _);
            destination.TryWriteBytes(header.AsSpan(24), out _);
        }

        return [.. header, .. carried];
    }

    private static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;

    // RFC 1071. The 64 KiB of a packet do not overflow 32 bits.
    private static uint Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += (uint)(i % 2 == 0 ? bytes[i] << 8 : bytes[i]);
        }

        return sum;
    }

    private static ushort Finish(uint sum)
    {
        sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~((sum & 0xffff) + (sum >> 16));
    }
}
