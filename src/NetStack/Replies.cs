using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// Replies to packets that no connection or flow answers. They are limited in rate and number, since anyone can provoke them.
/// </summary>
/// <param name="mtu">The longest packet, in bytes.</param>
/// <param name="loopback">Gets those to ourselves.</param>
internal sealed class Replies(int mtu, Loopback loopback)
{
    /// <summary>The most replies that wait to be sent; more are dropped.</summary>
    private const int Capacity = 64;

    private readonly Queue<(byte[] Packet, int Length)> _queue = new();
    private readonly TokenBucket _resets = new(rate: 1000, burst: 50);
    private readonly TokenBucket _icmp = new(rate: 1000, burst: 50);

    public bool HasRoom => _queue.Count < Capacity;

    /// <summary>Writes the next reply, if there is one.</summary>
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

    /// <summary>Answers a segment of no connection with a reset.</summary>
    public void Refuse(TimeSpan now, in TcpSegment segment)
    {
        if (!segment.Has(TcpFlags.Rst) && IsAllowed(now, _resets))
        {
            var reply = ArrayPool<byte>.Shared.Rent(ResetWriter.MaxLength);
            Add(reply, ResetWriter.WriteReset(reply, segment));
        }
    }

    /// <summary>Answers a SYN with a SYN cookie.</summary>
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

    /// <summary>Answers an echo request; false if it is none, or beyond the limits.</summary>
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

    /// <summary>Answers a packet that cannot be delivered with an ICMP error.</summary>
    public void Unreachable(TimeSpan now, ReadOnlySpan<byte> packet, IcmpErrorKind kind)
    {
        if (IsAllowed(now, _icmp))
        {
            var reply = ArrayPool<byte>.Shared.Rent(mtu);
            Add(reply, IcmpWriter.WriteUnreachable(reply, packet, kind));
        }
    }

    /// <summary>Sends the path MTU to the peer of a connection, as the router should that drops longer packets.</summary>
    public void PacketTooBig(TcpConnection connection, int pathMtu)
    {
        if (HasRoom)
        {
            var reply = ArrayPool<byte>.Shared.Rent(IcmpWriter.MaxLengthV4);
            var expected = connection.Receiver.Sequence.Wrap(connection.Receiver.Next);
            Add(reply, IcmpWriter.WritePacketTooBig(reply, connection.Flow, IpProtocol.Tcp, expected, mtu, pathMtu));
        }
    }

    /// <summary>
    /// Answers the first fragment, if not empty, of a datagram whose reassembly timed out (RFC 792, RFC 8200 §4.5).
    /// </summary>
    public void LateFragment(TimeSpan now, ReadOnlySpan<byte> first)
    {
        if (!first.IsEmpty)
        {
            Unreachable(now, first, IcmpErrorKind.TimeExceeded);
        }
    }

    /// <summary>Answers an IPv6 fragment with one of three errors (RFC 8200 §4.5).</summary>
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
    /// Answers an unknown IPv6 option that asks for it (RFC 8200 §4.2). The rest of the header has not been validated: neither
    /// that the destination is ours, nor that it is no IPv4-mapped address.
    /// </summary>
    public void UnknownOption(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= IpHeader.Ipv6Length && packet[0] >> 4 == 6
            && !ExtensionHeaders.TryWalk(packet, out var headers) && headers.ProblemOffset > 0
            && IpAddress.ReadIpv6(packet[24..]) is { IsIPv4: false } destination && loopback.Takes(destination))
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

    /// <summary>Queues a reply in a rented array; if it is empty, the array is returned.</summary>
    private void Add(byte[] packet, int length)
    {
        if (length > 0 && !loopback.Takes(IpHeader.DestinationOf(packet)))
        {
            _queue.Enqueue((packet, length));
        }
        else if (length == 0 || !loopback.TryAdd(packet, length))
        {
            ArrayPool<byte>.Shared.Return(packet);
        }
    }
}
