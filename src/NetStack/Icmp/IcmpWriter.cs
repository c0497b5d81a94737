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
        if (!IpHeader.TryRead(offending, out var header)
            || header.FragmentOffset != 0
            || !MayAnswer(header.Version, header.Source, header.Destination)
            || IsError(header.Version, header.Protocol, header.Payload(offending)))
        {
            return 0;
        }

        (byte type, byte code)? name = header.Version == 4 ? NameV4(kind) : NameV6(kind);
        if (name is null)
        {
            return 0;
        }

        // RFC 4443 §3.4: an unknown next header is a problem at the byte that names it
        var pointsAtProtocol = header.Version == 6 && kind == IcmpErrorKind.ProtocolUnreachable;
        var rest = pointsAtProtocol ? (uint)header.ProtocolOffset : 0;
        return Write(reply, offending[..header.TotalLength], header.Source, header.Destination, name.Value, rest);
    }

    /// <summary>
    /// Writes what is wrong with an IPv6 packet, and at which byte (RFC 4443 §3.4); 0 if it may not be answered. The header
    /// may be one that <see cref="IpHeader"/> refuses.
    /// </summary>
    public static int WriteParameterProblem(
        Span<byte> reply, ReadOnlySpan<byte> offending, byte upperLayer, int payloadOffset, byte code, int pointer)
    {
        var source = IpAddress.ReadIpv6(offending[8..]);
        var destination = IpAddress.ReadIpv6(offending[24..]);
        if (!MayAnswer(6, source, destination) || IsError(6, upperLayer, offending[Math.Min(payloadOffset, offending.Length)..]))
        {
            return 0;
        }

        return Write(reply, offending, source, destination, (IcmpType.ParameterProblemV6, code), (uint)pointer);
    }

    /// <summary>
    /// Tells the other end of a flow the path MTU. Packets that were too long never reached us, so the error quotes a made-up one of
    /// the length that it has to send.
    /// </summary>
    /// <param name="reply">Gets the packet.</param>
    /// <param name="flow">Seen from our end.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="sequence">What follows the ports: the sequence number, or length and checksum.</param>
    /// <param name="length">Of the packet it is about.</param>
    /// <param name="mtu">The longest packet.</param>
    public static int WritePacketTooBig(
        Span<byte> reply, in FlowKey flow, byte protocol, uint sequence, int length, int mtu)
    {
        // In IPv6 nobody believes less than its minimum (RFC 8201 §4)
        var remote = flow.Remote;
        if (!remote.IsIPv4 && mtu < PathMtus.Smallest6)
        {
            return 0;
        }

        Span<byte> quote = stackalloc byte[HeaderPrototype.IpLength(remote) + UdpDatagram.HeaderLength];
        var ipLength = HeaderPrototype.WriteIp(
            quote, remote, flow.Local, protocol, HeaderPrototype.DefaultHopLimit, length - HeaderPrototype.IpLength(remote));
        HeaderPrototype.WriteUdp(quote[ipLength..], flow.Reversed);
        BinaryPrimitives.WriteUInt32BigEndian(quote[(ipLength + 4)..], sequence);
        (byte Type, byte Code) name = remote.IsIPv4 ? (IcmpType.Unreachable, (byte)4) : (IcmpType.PacketTooBigV6, (byte)0);
        return Write(reply, quote, remote, flow.Local, name, (uint)mtu);
    }

    private static bool MayAnswer(int version, in IpAddress source, in IpAddress destination) =>
        !destination.IsMulticast && !destination.IsBroadcast && source.MaySend && version == (source.IsIPv4 ? 4 : 6);

    private static bool IsError(int version, byte protocol, ReadOnlySpan<byte> payload) =>
        protocol == (version == 4 ? IpProtocol.Icmp : IpProtocol.IcmpV6) && (payload.IsEmpty || IcmpType.IsError(version, payload[0]));

    /// <summary>Writes an error about a packet to its source; 0 if there is no room for it.</summary>
    private static int Write(
        Span<byte> reply,
        ReadOnlySpan<byte> offending,
        in IpAddress source,
        in IpAddress destination,
        (byte Type, byte Code) name,
        uint rest)
    {
        var packet = Build(source, destination, Message(offending, source, destination, name, rest)).Bytes;
        return packet.AsSpan().TryCopyTo(reply) ? packet.Length : 0;
    }

    private static byte[] Message(
        ReadOnlySpan<byte> offending, in IpAddress source, in IpAddress destination, (byte Type, byte Code) name, uint rest)
    {
        var room = source.IsIPv4 ? MaxLengthV4 - IpHeader.Ipv4Length : MaxLengthV6 - IpHeader.Ipv6Length;
        var quoted = Math.Min(offending.Length, room - IcmpMessage.HeaderLength);
        var message = new byte[IcmpMessage.HeaderLength + quoted];
        message[0] = name.Type;
        message[1] = name.Code;
        BinaryPrimitives.WriteUInt32BigEndian(message.AsSpan(4), rest);
        offending[..quoted].CopyTo(message.AsSpan(IcmpMessage.HeaderLength));

        // Our sum: PacketDotNet's, of a message not yet joined to its IPv6 header, leaves the message out
        var pseudo = IcmpMessage.PseudoHeader(destination, source, message.Length);
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(2), Checksum.Finish(Checksum.Add(message, pseudo)));
        return message;
    }

    /// <summary>A packet from the offending one's destination to its source.</summary>
    private static IPPacket Build(in IpAddress source, in IpAddress destination, byte[] message)
    {
        var segment = new ByteArraySegment(message);
        var from = destination.ToIPAddress();
        var to = source.ToIPAddress();
        if (!source.IsIPv4)
        {
            return new IPv6Packet(from, to)
            {
                TimeToLive = HeaderPrototype.DefaultHopLimit,
                Protocol = ProtocolType.IcmpV6,
                PayloadLength = (ushort)message.Length,
                PayloadPacket = new IcmpV6Packet(segment),
            };
        }

        var packet = new IPv4Packet(from, to)
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
