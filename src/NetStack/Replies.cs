using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// What is answered to packets that no connection or flow answers: rarely, and within limits, for it answers strangers.
/// </summary>
/// <param name="mtu">The largest packet, bytes.</param>
/// <param name="addresses">Ours.</param>
internal sealed class Replies(int mtu, IReadOnlySet<IpAddress> addresses)
{
    /// <summary>So many wait to be sent; more are dropped.</summary>
    private const int Capacity = 64;

    private readonly Queue<(byte[] Packet, int Length)> _queue = new();
    private readonly TokenBucket _resets = new(rate: 1000, burst: 50);
    private readonly TokenBucket _icmp = new(rate: 1000, burst: 50);

    public bool HasRoom => _queue.Count < Capacity;

    /// <summary>The next of them, if any.</summary>
    public bool TryTransmit(Span<byte> buffer, out int length)
    {
        if (!_queue.TryDequeue(out var reply))
        {
            length = 0;
            return false;
        }

        reply.Packet.AsSpan(0, reply.Length).CopyTo(buffer);
        ArrayPool<byte>.Shared.Return(reply.Packet);
        length = reply.Length;
        return true;
    }

    /// <summary>A segment of no connection.</summary>
    public void Refuse(TimeSpan now, in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst) && IsAllowed(now, _resets))
        {
            var reply = ArrayPool<byte>.Shared.Rent(ResetWriter.MaxLength);
            Add(reply, ResetWriter.WriteReset(reply, segment));
        }
    }

    /// <summary>A SYN that nobody remembers but the cookie in the answer.</summary>
    /// <returns>Whether there was room.</returns>
    public bool TryAnswer(TimeSpan now, in TcpSegment syn, SynCookies cookies)
    {
        if (!HasRoom)
        {
            return false;
        }

        var reply = ArrayPool<byte>.Shared.Rent(ResetWriter.MaxLength + TcpOptionWriter.MaxLength);
        Add(reply, cookies.WriteSynAck(now, reply, syn));
        return true;
    }

    /// <summary>An echo request, or another ICMP message, which is not answered.</summary>
    public bool TryEcho(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (!IsAllowed(now, _icmp))
        {
            return false;
        }

        var reply = ArrayPool<byte>.Shared.Rent(packet.Length);
        if (packet.Length <= mtu && IcmpResponder.TryEchoReply(packet, reply, out var length))
        {
            Add(reply, length);
            return true;
        }

        ArrayPool<byte>.Shared.Return(reply);
        return false;
    }

    /// <summary>A packet that leads nowhere, or comes too late.</summary>
    public void Unreachable(TimeSpan now, ReadOnlySpan<byte> packet, IcmpErrorKind kind)
    {
        if (IsAllowed(now, _icmp))
        {
            var reply = ArrayPool<byte>.Shared.Rent(mtu);
            Add(reply, IcmpWriter.WriteUnreachable(reply, packet, kind));
        }
    }

    /// <summary>The other end of a connection is told what the path takes, as by the router that does not.</summary>
    public void PacketTooBig(TcpConnection connection, int pathMtu)
    {
        if (HasRoom)
        {
            var reply = ArrayPool<byte>.Shared.Rent(IcmpWriter.MaxLengthV4);
            var expected = connection.Receiver.Sequence.Wrap(connection.Receiver.Next);
            Add(reply, IcmpWriter.WritePacketTooBig(reply, connection.Flow, IpProtocol.Tcp, expected, mtu, pathMtu));
        }
    }

    /// <summary>A datagram was given up, and its first fragment is here (RFC 792, RFC 8200 §4.5).</summary>
    public void LateFragment(TimeSpan now, ReadOnlySpan<byte> first)
    {
        if (!first.IsEmpty)
        {
            Unreachable(now, first, IcmpErrorKind.TimeExceeded);
        }
    }

    /// <summary>RFC 8200 §4.5: three faults of a fragment that its sender is told of, in IPv6.</summary>
    public void BadFragment(TimeSpan now, ReadOnlySpan<byte> packet, in IpHeader header, ReassemblyResult result)
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
    public void UnknownOption(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= IpHeader.Ipv6Length && packet[0] >> 4 == 6
            && !ExtensionHeaders.TryWalk(packet, out var headers) && headers.ProblemOffset > 0
            && IpAddress.ReadIpv6(packet[24..]) is { IsIPv4: false } destination && addresses.Contains(destination))
        {
            ParameterProblem(now, packet, packet[headers.ProtocolOffset], headers.PayloadOffset, code: 2, headers.ProblemOffset);
        }
    }

    private void ParameterProblem(
        TimeSpan now, ReadOnlySpan<byte> packet, byte upper, int payloadOffset, byte code, int pointer)
    {
        if (IsAllowed(now, _icmp))
        {
            var reply = ArrayPool<byte>.Shared.Rent(mtu);
            Add(reply, IcmpWriter.WriteParameterProblem(reply, packet, upper, payloadOffset, code, pointer));
        }
    }

    private bool IsAllowed(TimeSpan now, TokenBucket limit) => HasRoom && limit.TryTake(now);

    /// <summary>What was rented and written goes into the queue; what was written nothing into goes back.</summary>
    private void Add(byte[] packet, int length)
    {
        if (length > 0)
        {
            _queue.Enqueue((packet, length));
        }
        else
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
    }
}
