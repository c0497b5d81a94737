namespace Onetun.NetStack;

/// <summary>Output, in this order: resets, the SYN, data and FIN, probes, and pure ACKs.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>Writes the next segment, if one is due.</summary>
    public bool TryTransmit(TimeSpan now, Span<byte> packet, out int length)
    {
        length = 0;
        if (_resetDue || _strayReset is not null)
        {
            length = WriteReset(now, packet);
            return true;
        }

        switch (State)
        {
            case TcpState.Closed:
                return false;
            case TcpState.SynSent or TcpState.SynReceived when _handshake.IsSynDue:
                return WriteSyn(now, packet, out length);
            case TcpState.SynSent:
                return false;
        }

        Span<byte> options = stackalloc byte[TcpOptionWriter.MaxLength];
        options = options[..WriteOptions(now, options)];
        if (State is not (TcpState.SynReceived or TcpState.TimeWait or TcpState.FinWait2))
        {
            var room = Sender.SegmentSize - (options.Length - _timestamps.Length);
            if (Sender.TryNext(now, room, out var transmission))
            {
                length = WriteData(now, packet, options, transmission);
                return true;
            }

            _timers.Set(TcpTimer.Pacing, Sender.PacingDeadline);
            ArmPersist(now);
        }

        if (_probeDue)
        {
            // A probe with an old sequence number and no data: every peer answers it with its window
            _probeDue = false;
            return WriteAck(packet, Sender.Unacknowledged - 1, options, out length);
        }

        return Receiver.AckNow && WriteAck(packet, Sender.AckPosition, options, out length);
    }

    private int WriteData(TimeSpan now, Span<byte> packet, ReadOnlySpan<byte> options, in Transmission next)
    {
        var header = _template.IpHeaderLength + SegmentReader.TcpHeaderLength + options.Length;
        var sum = next.Length == 0 ? 0 : Sender.Buffer.CopyTo(next.Position - 1, packet.Slice(header, next.Length));
        var flags = TcpFlags.Ack;
        if (next.Length > 0 && next.Position + next.Length > Sender.Buffer.End)
        {
            flags |= TcpFlags.Psh; // The last byte that the application flushed (RFC 9293 §3.9.1.2)
        }

        flags |= next.Fin ? TcpFlags.Fin : TcpFlags.None;
        var ecn = _ecn.FieldOf(next);
        flags |= ecn == EcnField.Ect0 && Sender.TakeReduction() ? TcpFlags.Cwr : TcpFlags.None; // RFC 3168 §6.1.2
        Write(packet, next.Position, flags, options, next.Length, sum, ecn);
        Sender.Sent(now, next, _timestamps.Value(now));
        ArmAfterSend(now, head: next.IsRetransmission && next.Position == Sender.Unacknowledged);
        return header + next.Length;
    }

    private bool WriteAck(Span<byte> packet, long position, ReadOnlySpan<byte> options, out int length)
    {
        Write(packet, position, TcpFlags.Ack, options, 0, 0);
        length = _template.IpHeaderLength + SegmentReader.TcpHeaderLength + options.Length;
        return true;
    }

    private void Write(
        Span<byte> packet, long position, TcpFlags flags, ReadOnlySpan<byte> options, int payload, uint payloadSum,
        EcnField ecn = EcnField.NotEct)
    {
        var window = Receiver.Acknowledge();
        flags |= Receiver.IsMarked ? TcpFlags.Ece : TcpFlags.None;
        _timers.Stop(TcpTimer.DelayedAck);
        _template.Write(
            packet, Sender.Sequence.Wrap(position), Receiver.Sequence.Wrap(Receiver.Next), flags, window, options, payload, payloadSum,
            ecn);
    }

    private int WriteReset(TimeSpan now, Span<byte> packet)
    {
        Span<byte> options = stackalloc byte[TcpHeaderOptions.TimestampLength];
        if (_resetDue)
        {
            options = options[.._timestamps.Write(now, options)];
            _template.Write(
                packet, Sender.Sequence.Wrap(Sender.AckPosition), Receiver.Sequence.Wrap(Receiver.Next),
                TcpFlags.Rst | TcpFlags.Ack, 0, options, 0, 0);
        }
        else
        {
            options = [];
            _template.Write(packet, _strayReset.GetValueOrDefault(), 0, TcpFlags.Rst, 0, options, 0, 0);
        }

        (_resetDue, _strayReset) = (false, null);
        return _template.IpHeaderLength + SegmentReader.TcpHeaderLength + options.Length;
    }

    private int WriteOptions(TimeSpan now, Span<byte> options)
    {
        var length = _timestamps.Write(now, options);
        if (_handshake.SackPermitted && Receiver.HasSackBlocks)
        {
            Span<SackBlock> blocks = stackalloc SackBlock[TcpHeaderOptions.MaxSackBlocks];
            var count = Receiver.SackBlocks(blocks[..(_timestamps.AreUsed ? 3 : 4)]);
            length += TcpOptionWriter.WriteSack(options[length..], blocks[..count]);
        }

        return length;
    }
}
