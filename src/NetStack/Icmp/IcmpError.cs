using System.Buffers.Binary;

namespace Onetun.NetStack;

/// <summary>
/// An ICMP error about a packet that we sent. It is not to be trusted unless the flow it quotes is ours and the sequence number
/// is in flight (RFC 5927 §4.1).
/// </summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Mtu">For <see cref="IcmpErrorKind.PacketTooBig"/>, in bytes; 0 if the router does not say (RFC 1191 §5).</param>
/// <param name="Flow">The flow of the quoted packet, whose source is local; ports are 0 if the protocol has none.</param>
/// <param name="Protocol">The protocol of the quoted packet.</param>
/// <param name="Sequence">
/// The TCP sequence number of the quoted packet; of an echo request, its identifier and sequence number; otherwise 0.
/// </param>
internal readonly record struct IcmpError(IcmpErrorKind Kind, uint Mtu, FlowKey Flow, byte Protocol, uint Sequence)
{
    // What an IPv4 error quotes at least: the ports and, in TCP, the sequence number (RFC 792)
    private const int QuotedTransport = 8;

    public static bool TryRead(in IcmpMessage message, out IcmpError error)
    {
        error = default;
        var isIpv4 = message.Source.IsIPv4;
        var kind = isIpv4 ? KindV4(message.Type, message.Code) : KindV6(message.Type, message.Code);
        var mtu = kind != IcmpErrorKind.PacketTooBig ? 0 : isIpv4 ? message.Rest & 0xFFFF : message.Rest;
        return kind is not null && TryReadQuoted(message.Body, kind.Value, mtu, out error) && error.Flow.Local.IsIPv4 == isIpv4;
    }

    /// <summary>Makes an error about a packet, of which at least the first bytes are given.</summary>
    public static bool TryReadQuoted(ReadOnlySpan<byte> packet, IcmpErrorKind kind, uint mtu, out IcmpError error)
    {
        error = default;

        // Later fragments do not hold the ports
        if (!IpHeader.TryReadQuoted(packet, out var quoted)
            || quoted.FragmentOffset != 0
            || packet.Length < quoted.PayloadOffset + QuotedTransport)
        {
            return false;
        }

        var transport = packet[quoted.PayloadOffset..];
        var hasPorts = quoted.Protocol is IpProtocol.Tcp or IpProtocol.Udp;
        var flow = new FlowKey(
            quoted.Source,
            quoted.Destination,
            hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(transport) : (ushort)0,
            hasPorts ? BinaryPrimitives.ReadUInt16BigEndian(transport[2..]) : (ushort)0);
        var hasSequence = quoted.Protocol == IpProtocol.Tcp || IcmpEcho.IsRequest(quoted.Protocol, transport[0]);
        var sequence = hasSequence ? BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) : 0;
        error = new IcmpError(kind, mtu, flow, quoted.Protocol, sequence);
        return true;
    }

    // RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1
    private static IcmpErrorKind? KindV4(byte type, byte code) => (type, code) switch
    {
        (IcmpType.Unreachable, 0 or 6 or 11) => IcmpErrorKind.NetworkUnreachable,
        (IcmpType.Unreachable, 1 or 5 or 7 or 8 or 12) => IcmpErrorKind.HostUnreachable,
        (IcmpType.Unreachable, 2) => IcmpErrorKind.ProtocolUnreachable,
        (IcmpType.Unreachable, 3) => IcmpErrorKind.PortUnreachable,
        (IcmpType.Unreachable, 4) => IcmpErrorKind.PacketTooBig,
        (IcmpType.Unreachable, 9 or 10 or 13 or 14 or 15) => IcmpErrorKind.AdministrativelyProhibited,
        (IcmpType.TimeExceeded, _) => IcmpErrorKind.TimeExceeded,
        (IcmpType.ParameterProblem, _) => IcmpErrorKind.ParameterProblem,
        _ => null,
    };

    // RFC 4443 §3
    private static IcmpErrorKind? KindV6(byte type, byte code) => (type, code) switch
    {
        (IcmpType.UnreachableV6, 0 or 2) => IcmpErrorKind.NetworkUnreachable,
        (IcmpType.UnreachableV6, 1 or 5 or 6) => IcmpErrorKind.AdministrativelyProhibited,
        (IcmpType.UnreachableV6, 3) => IcmpErrorKind.HostUnreachable,
        (IcmpType.UnreachableV6, 4) => IcmpErrorKind.PortUnreachable,
        (IcmpType.PacketTooBigV6, _) => IcmpErrorKind.PacketTooBig,
        (IcmpType.TimeExceededV6, _) => IcmpErrorKind.TimeExceeded,
        (IcmpType.ParameterProblemV6, 1) => IcmpErrorKind.ProtocolUnreachable,
        (IcmpType.ParameterProblemV6, _) => IcmpErrorKind.ParameterProblem,
        _ => null,
    };
}
