using System.Buffers.Binary;
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
        uint rest = name.Value.type == IcmpType.ParameterProblemV6 && header.Version == 6 ? (uint)header.ProtocolOffset : 0;
        IPPacket packet = header.Version == 4
            ? BuildV4(header, Message(offending[..header.TotalLength], name.Value, rest, MaxLengthV4 - IpHeader.Ipv4Length))
            : BuildV6(header, Message(offending[..header.TotalLength], name.Value, rest, MaxLengthV6 - IpHeader.Ipv6Length));
        byte[] bytes = packet.Bytes;
        if (!bytes.AsSpan().TryCopyTo(reply))
        {
            return 0;
        }

        return bytes.Length;
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

    private static byte[] Message(ReadOnlySpan<byte> offending, (byte Type, byte Code) name, uint rest, int maxLength)
    {
        int quoted = Math.Min(offending.Length, maxLength - IcmpMessage.HeaderLength);
        byte[] message = new byte[IcmpMessage.HeaderLength + quoted];
        message[0] = name.Type;
        message[1] = name.Code;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        offending[..quoted].CopyTo(message.AsSpan(IcmpMessage.HeaderLength));
        return message;
    }

    private static IPv4Packet BuildV4(in IpHeader about, byte[] message)
    {
        IcmpV4Packet icmp = new(new ByteArraySegment(message));
        IPv4Packet packet = new(about.Destination.ToIPAddress(), about.Source.ToIPAddress())
        {
            TimeToLive = HeaderPrototype.DefaultHopLimit,
            Protocol = ProtocolType.Icmp,
            PayloadPacket = icmp,
        };
        icmp.UpdateIcmpChecksum();
        packet.UpdateCalculatedValues();
        packet.UpdateIPChecksum();
        return packet;
    }

    private static IPv6Packet BuildV6(in IpHeader about, byte[] message)
    {
        IcmpV6Packet icmp = new(new ByteArraySegment(message));
        IPv6Packet packet = new(about.Destination.ToIPAddress(), about.Source.ToIPAddress())
        {
            TimeToLive = HeaderPrototype.DefaultHopLimit,
            Protocol = ProtocolType.IcmpV6,
            PayloadPacket = icmp,
        };
        packet.UpdateCalculatedValues();
        icmp.UpdateIcmpChecksum();
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
