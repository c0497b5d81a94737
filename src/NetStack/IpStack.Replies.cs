using System.Buffers;

namespace Onetun.NetStack;

/// <summary>What is answered to packets that no connection or flow answers: rarely, and within limits.</summary>
public sealed partial class IpStack
{
    private void Refuse(TimeSpan now, in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst) && MayReply(now, _resets))
        {
            var reply = ArrayPool<byte>.Shared.Rent(ResetWriter.MaxLength);
            Reply(reply, ResetWriter.WriteReset(reply, segment));
        }
    }

    private ReceiveOutcome Unreachable(
        TimeSpan now, ReadOnlySpan<byte> packet, IcmpErrorKind kind, ReceiveOutcome outcome)
    {
        if (MayReply(now, _icmp))
        {
            var reply = ArrayPool<byte>.Shared.Rent(Options.Mtu);
            Reply(reply, IcmpWriter.WriteUnreachable(reply, packet, kind));
        }

        return outcome;
    }

    /// <summary>A datagram was given up, and its first fragment is here (RFC 792, RFC 8200 §4.5).</summary>
    private void AnswerLateFragment(TimeSpan now, ReadOnlySpan<byte> first)
    {
        if (!first.IsEmpty)
        {
            Unreachable(now, first, IcmpErrorKind.TimeExceeded, ReceiveOutcome.Fragment);
        }
    }

    /// <summary>RFC 8200 §4.5: three faults of a fragment that its sender is told of, in IPv6.</summary>
    private void AnswerBadFragment(TimeSpan now, ReadOnlySpan<byte> packet, in IpHeader header, ReassemblyResult result)
    {
        (byte Code, int Pointer)? problem = result switch
        {
            ReassemblyResult.BadLength => (0, 4),
            ReassemblyResult.TooLong => (0, header.ProtocolOffset + 2),
            ReassemblyResult.IncompleteHeader => (3, 0), // RFC 7112 §5
            _ => null,
        };
        if (header.Version == 6 && problem is { } said)
        {
            var upper = header.FragmentOffset == 0 ? header.Protocol : IpProtocol.Fragment;
            ParameterProblem(now, packet[..header.TotalLength], upper, header.PayloadOffset, said.Code, said.Pointer);
        }
    }

    /// <summary>
    /// RFC 8200 §4.2: an IPv6 option that asks for it. Of the rest of the header nothing was checked yet: not that it is meant
    /// for an IPv6 address, which a mapped one is not.
    /// </summary>
    private void AnswerUnknownOption(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= IpHeader.Ipv6Length && packet[0] >> 4 == 6
            && !ExtensionHeaders.TryWalk(packet, out var headers) && headers.ProblemOffset > 0
            && IpAddress.ReadIpv6(packet[24..]) is { IsIPv4: false } destination && _addresses.Contains(destination))
        {
            ParameterProblem(now, packet, packet[headers.ProtocolOffset], headers.PayloadOffset, code: 2, headers.ProblemOffset);
        }
    }

    private void ParameterProblem(
        TimeSpan now, ReadOnlySpan<byte> packet, byte upper, int payloadOffset, byte code, int pointer)
    {
        if (MayReply(now, _icmp))
        {
            var reply = ArrayPool<byte>.Shared.Rent(Options.Mtu);
            Reply(reply, IcmpWriter.WriteParameterProblem(reply, packet, upper, payloadOffset, code, pointer));
        }
    }

    private bool MayReply(TimeSpan now, TokenBucket limit) => _replies.Count < MaxReplies && limit.TryTake(now);

    private bool TryReply(Span<byte> buffer, out int length)
    {
        if (!_replies.TryDequeue(out var reply))
        {
            length = 0;
            return false;
        }

        reply.Packet.AsSpan(0, reply.Length).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(reply.Packet);
        length = reply.Length;
        return true;
    }

    private void Reply(byte[] packet, int length)
    {
        if (length > 0)
        {
            _replies.Enqueue((packet, length));
        }
        else
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
    }
}
