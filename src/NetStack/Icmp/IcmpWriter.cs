using System.Buffers.Binary;
using System.Net;
using PacketDotNet;
using PacketDotNet.Utils;

namespace Onetun.NetStack;

/// <summary>Writes ICMP errors about packets that reached us, through PacketDotNet: they are rare and rate-limited.</summary>
internal static class IcmpWriter
{
    /// <summary>The longest error, RFC 1812 §4.3.2.3 and RFC 4443 §2.4 (c).</summary>
    public const int MaxLengthV4 = 576;

    /// <summary>The IPv6 minimum MTU.</summary>
    public const int MaxLengthV6 = 1280;

    /// <summary>
    /// Writes the error and returns the length of the packet; 0 if none may be sent about
    /// <paramref name="offending"/> (RFC 1122 §3.2.2, RFC 4443 §2.4 (e)) or the version has no such error.
    /// </summary>
    public static int WriteUnreachable(Span<byte> reply, ReadOnlySpan<byte> offending, IcmpErrorKind kind)
    {
        if (!IpHeader.TryRead(offending, out IpHeader header) || !MayAnswer(offending, header))
        {
            return 0;
        }

        (byte type, byte code)? name = header.Version == 4 ? NameV4(kind) : NameV6(kind);
        if (name is null)
        {
            return 0;
        }

        // .. RFC 4443 §3.4: an unknown next header is a problem at the byte that names it
        bool pointsAtProtocol = header.Version == 6 && kind == IcmpErrorKind.ProtocolUnreachable;
        uint rest = pointsAtProtocol ? (uint)header.ProtocolOffset : 0;
        byte[] message = Message(offending[..header.TotalLength], header, name.Value, rest);
        byte[] packet = Build(header, message).Bytes;
        return packet.AsSpan().TryCopyTo(reply) ? packet.Length : 0;
    }

    private static bool MayAnswer(ReadOnlySpan<byte> offending, in IpHeader header)
    {
        if (header.Destination.IsMulticast || header.Destination.IsBroadcast
            || header.Source.IsUnspecified || header.Source.IsLoopback || header.FragmentOffset != 0)
        {
            return false;
        }

        byte icmp = header.Version == 4 ? IpProtocol.Icmp : IpProtocol.IcmpV6;
        ReadOnlySpan<byte> payload = header.Payload(offending);
        return header.Protocol != icmp || (!payload.IsEmpty && !IcmpType.IsError(header.Version, payload[0]));
    }

    private static byte[] Message(
        ReadOnlySpan<byte> offending, in IpHeader header, (byte Type, byte Code) name, uint rest)
    {
        int room = header.Version == 4 ? MaxLengthV4 - IpHeader.Ipv4Length : MaxLengthV6 - IpHeader.Ipv6Length;
        int quoted = Math.Min(offending.Length, room - IcmpMessage.HeaderLength);
        byte[] message = new byte[IcmpMessage.HeaderLength + quoted];
        message[0] = name.Type;
        message[1] = name.Code;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        offending[..quoted].CopyTo(message.AsSpan(IcmpMessage.HeaderLength));

        // .. our sum: PacketDotNet's, of a message not yet joined to its IPv6 header, leaves the message out
        uint pseudo = IcmpMessage.PseudoHeader(header.Destination, header.Source, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum.Finish(Checksum.Add(message, pseudo)));
        return message;
    }

    private static IPPacket Build(in IpHeader about, byte[] message)
    {
        ByteArraySegment segment = new(message);
        IPAddress source = about.Destination.ToIPAddress();
        IPAddress destination = about.Source.ToIPAddress();
        if (about.Version == 6)
        {
            return new IPv6Packet(source, destination)
            {
                TimeToLive = HeaderPrototype.DefaultHopLimit,
                Protocol = ProtocolType.IcmpV6,
                PayloadLength = (ushort)message.Length,
                PayloadPacket = new IcmpV6Packet(segment),
            };
        }

        IPv4Packet packet = new(source, destination)
        {
            TimeToLive = HeaderPrototype.DefaultHopLimit,
            Protocol = ProtocolType.Icmp,
            TotalLength = IpHeader.Ipv4Length + message.Length,
            PayloadPacket = new IcmpV4Packet(segment),
        };
        packet.UpdateIPChecksum();
        return packet;
    }

    private static (byte Type, byte Code)? NameV4(IcmpErrorKind kind) => kind switch
    {
        IcmpErrorKind.NetworkUnreachable => (IcmpType.Unreachable, 0),
        IcmpErrorKind.HostUnreachable => (IcmpType.Unreachable, 1),
        IcmpErrorKind.ProtocolUnreachable => (IcmpType.Unreachable, 2),
        IcmpErrorKind.PortUnreachable => (IcmpType.Unreachable, 3),
        IcmpErrorKind.AdministrativelyProhibited => (IcmpType.Unreachable, 13),
        IcmpErrorKind.TimeExceeded => (IcmpType.TimeExceeded, 1),
        _ => null,
    };

    private static (byte Type, byte Code)? NameV6(IcmpErrorKind kind) => kind switch
    {
        IcmpErrorKind.NetworkUnreachable => (IcmpType.UnreachableV6, 0),
        IcmpErrorKind.AdministrativelyProhibited => (IcmpType.UnreachableV6, 1),
        IcmpErrorKind.HostUnreachable => (IcmpType.UnreachableV6, 3),
        IcmpErrorKind.PortUnreachable => (IcmpType.UnreachableV6, 4),
        IcmpErrorKind.TimeExceeded => (IcmpType.TimeExceededV6, 1),
        IcmpErrorKind.ProtocolUnreachable => (IcmpType.ParameterProblemV6, 1),
        _ => null,
    };
}
