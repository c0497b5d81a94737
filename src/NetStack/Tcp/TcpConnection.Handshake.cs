namespace Onetun.NetStack;

/// <summary>The handshake: SYNs, and the segments that answer them.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>RFC 9293 §3.10.7.3.</summary>
    private void OnSegmentInSynSent(TimeSpan now, in TcpSegment segment)
    {
        var acknowledges = segment.Has(TcpFlags.Ack);
        if (acknowledges && !Sender.IsAcceptable(Sender.Sequence.Unwrap(segment.Acknowledgment, 0))) // First
        {
            if (!segment.Has(TcpFlags.Rst))
            {
                Refuse(segment);
            }

            return;
        }

        if (segment.Has(TcpFlags.Rst)) // Second
        {
            if (acknowledges)
            {
                Fail(TcpEnd.Refused);
            }

            return;
        }

        if (!segment.Has(TcpFlags.Syn)) // Fourth and fifth
        {
            return;
        }

        TakeSyn(now, segment);
        if (!acknowledges)
        {
            State = TcpState.SynReceived; // Simultaneous open
            _handshake.RequestSyn();
            return;
        }

        TakeSynRtt(now);
        Sender.UpdateWindow(0, 1, segment.Window); // The window of a SYN is not scaled
        Establish(now);
        Receiver.RequestAck();
        if (segment.Payload.Length > 0 || segment.Has(TcpFlags.Fin))
        {
            TakeText(now, segment, position: 1);
        }
    }

    private bool IsRepeatedSyn(in TcpSegment segment, long position) =>
        State == TcpState.SynReceived && segment.Has(TcpFlags.Syn) && position == Receiver.Next - 1;

    /// <summary>Takes the peer's initial sequence number and options from its SYN.</summary>
    private void TakeSyn(TimeSpan now, in TcpSegment syn)
    {
        _handshake.OnSyn(syn.Options, TcpSettings.DefaultSegmentSize(Flow));
        _timestamps.OnSyn(now, syn.Options);
        _ecn.OnSyn(syn);
        Receiver = _settings.CreateReceiver(syn.Sequence, _handshake.ScalesWindows);
        (Sender.WindowUnit, Sender.SackPermitted) = (_handshake.WindowUnit, _handshake.SackPermitted);
        Sender.SetSegmentSize(_handshake.SegmentSize - _timestamps.Length);
        Sender.UpdateWindow(0, 0, syn.Window);
    }

    /// <summary>Our SYN was acknowledged.</summary>
    private void TakeSynRtt(TimeSpan now)
    {
        var rtt = _handshake.RoundTrip(now);
        Sender.SynAcknowledged(now, rtt, _handshake.Retries);
        if (rtt is { } sample)
        {
            Receiver.SampleRtt(sample);
        }
    }

    private void Establish(TimeSpan now)
    {
        StartKeepAlive(now);
        State = Sender.IsFinished ? TcpState.FinWait1 : TcpState.Established;
        _timers.Stop(TcpTimer.Linger);
        _timers.Stop(TcpTimer.Retransmission);
        Raise(TcpEvents.Connected | TcpEvents.Writable);
    }

    /// <summary>
    /// Before the connection is synchronized, an unacceptable ACK is answered by a reset with its number (RFC 9293 §3.5.2, case
    /// 2).
    /// </summary>
    private void Refuse(in TcpSegment segment) => _strayReset = segment.Acknowledgment;

    private bool WriteSyn(TimeSpan now, Span<byte> packet, out int length)
    {
        _handshake.OnSynSent(now);
        Sender.SynSent();
        var passive = State == TcpState.SynReceived;
        Span<byte> options = stackalloc byte[TcpOptionWriter.MaxLength];
        options = options[..TcpOptionWriter.WriteSyn(
            options,
            _settings.OfferedSegmentSize(now, Flow),
            _handshake.ScalesWindows ? _settings.WindowScale : -1,
            _handshake.SackPermitted,
            _timestamps.AreUsed,
            _timestamps.Value(now),
            _timestamps.Recent)];
        _template.Write(
            packet,
            Sender.Sequence.Wrap(0),
            passive ? Receiver.Sequence.Wrap(Receiver.Next) : 0,
            (passive ? TcpFlags.Syn | TcpFlags.Ack : TcpFlags.Syn) | _ecn.OfferInSyn(passive, repeated: _handshake.Retries > 0),
            Receiver.SynWindow(),
            options,
            0,
            0);
        ArmRetransmission(now);
        length = _template.IpHeaderLength + SegmentReader.TcpHeaderLength + options.Length;
        return true;
    }
}
