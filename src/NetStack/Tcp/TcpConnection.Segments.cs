namespace Onetun.NetStack;

/// <summary>Arriving segments: RFC 9293 §3.10.7, step by step.</summary>
internal sealed partial class TcpConnection
{
    /// <summary>The interval to which RFC 5961 §7 throttles challenge ACKs; that of a socket in Linux.</summary>
    private static readonly TimeSpan ChallengeInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A segment of this connection's flow arrived.</summary>
    public void OnSegment(TimeSpan now, in TcpSegment segment)
    {
        WantOutput();
        switch (State)
        {
            case TcpState.Closed:
                break;
            case TcpState.SynSent:
                OnSegmentInSynSent(now, segment);
                break;
            default:
                OnSegmentOtherwise(now, segment);
                break;
        }
    }

    /// <summary>In any state but CLOSED and SYN-SENT (§3.10.7.4).</summary>
    private void OnSegmentOtherwise(TimeSpan now, in TcpSegment segment)
    {
        var position = Receiver.Sequence.Unwrap(segment.Sequence, Receiver.Next);
        if (!CheckSequence(now, segment, position)
            || !CheckReset(now, segment, position)
            || !CheckSyn(now, segment, position)
            || !CheckAck(now, segment, position))
        {
            return;
        }

        if (position <= Receiver.Acknowledged)
        {
            _timestamps.Take(now, segment.Options);
        }

        // Sixth, URG: delivered in band, as RFC 6093 advises
        TakeText(now, segment, segment.Has(TcpFlags.Syn) ? position + 1 : position); // A SYN has a sequence number of its own
    }

    /// <summary>First: whether it is in the receive window, and no old duplicate (PAWS, RFC 7323 §5.3).</summary>
    private bool CheckSequence(TimeSpan now, in TcpSegment segment, long position)
    {
        if (IsInWindow(segment, position) && !IsStale(now, segment))
        {
            _keepAlive.OnReceived(now);
            return true;
        }

        if (segment.Has(TcpFlags.Rst))
        {
            return false;
        }

        if (State == TcpState.TimeWait && segment.Has(TcpFlags.Fin))
        {
            _timers.Set(TcpTimer.Linger, now + TcpSettings.TimeWait); // Our last ACK was lost
        }

        if (IsRepeatedSyn(segment, position))
        {
            _ecn.OnRepeatedSyn(segment);
            if (segment.Has(TcpFlags.Ack) && Sender.IsAcceptable(Sender.Sequence.Unwrap(segment.Acknowledgment, 0)))
            {
                return true; // The SYN-ACK of a simultaneous open (RFC 9293 §3.5, figure 8)
            }

            _handshake.RequestSyn(); // Our SYN-ACK was lost
            return false;
        }

        if (segment.Payload.Length > 0 || segment.Has(TcpFlags.Fin))
        {
            Receiver.OnOutOfWindow(position, position + segment.Payload.Length);
        }
        else
        {
            Challenge(now); // Keepalives and zero-window probes end up here
        }

        return false;
    }

    /// <summary>RFC 9293 §3.4: the four cases of segment length and receive window.</summary>
    private bool IsInWindow(in TcpSegment segment, long position)
    {
        if (Receiver.Edge == Receiver.Next)
        {
            // A zero window still accepts ACKs, even those of probes whose text is cut off, and RSTs, and a FIN at RCV.NXT
            return position == Receiver.Next;
        }

        return segment.Length == 0
            ? position >= Receiver.Next && position <= Receiver.Edge // A peer that filled the window sends ACKs at its edge
            : position < Receiver.Edge && position + segment.Length > Receiver.Next;
    }

    /// <summary>
    /// While there is a gap, a timestamp may be up to a round trip older: a retransmission that fills an earlier gap may overtake
    /// a segment that was merely delayed, which the letter of the RFC would drop (with 1 % delayed and 1 % lost, it drops one
    /// retransmission in seven).
    /// </summary>
    private bool IsStale(TimeSpan now, in TcpSegment segment) =>
        IsSynchronized && !segment.Has(TcpFlags.Rst)
        && _timestamps.IsOlder(now, segment.Options, by: Receiver.HasGap ? Receiver.Rtt.TotalMilliseconds : 0);

    /// <summary>RFC 6191 §2: in TIME-WAIT, whether a SYN is of a newer connection, by its sequence number or timestamp.</summary>
    public bool IsNewer(in TcpSegment syn) =>
        Receiver.Sequence.Unwrap(syn.Sequence, Receiver.Next) > Receiver.Next
        || _timestamps.IsNewer(syn.Options);

    /// <summary>Second: only a reset at exactly RCV.NXT is accepted (RFC 5961 §3.2).</summary>
    private bool CheckReset(TimeSpan now, in TcpSegment segment, long position)
    {
        if (!segment.Has(TcpFlags.Rst))
        {
            return true;
        }

        if (State == TcpState.TimeWait)
        {
            return false; // No assassination of TIME-WAIT (RFC 1337)
        }

        if (position == Receiver.Next)
        {
            Fail(State == TcpState.SynReceived ? TcpEnd.Refused : TcpEnd.Reset);
        }
        else
        {
            Challenge(now);
        }

        return false;
    }

    /// <summary>
    /// Fourth: a SYN in a synchronized connection draws a challenge ACK, whatever its sequence number (RFC 5961 §4.2); in
    /// SYN-RECEIVED after a passive open, it ends the connection, as the listener returns to LISTEN.
    /// </summary>
    private bool CheckSyn(TimeSpan now, in TcpSegment segment, long position)
    {
        if (!segment.Has(TcpFlags.Syn) || IsRepeatedSyn(segment, position))
        {
            return true;
        }

        if (State == TcpState.SynReceived && Listener is not null)
        {
            Fail(TcpEnd.Refused);
        }
        else
        {
            Challenge(now);
        }

        return false;
    }

    /// <summary>Fifth: the ACK.</summary>
    private bool CheckAck(TimeSpan now, in TcpSegment segment, long position)
    {
        if (!segment.Has(TcpFlags.Ack))
        {
            return false;
        }

        var ack = Sender.Sequence.Unwrap(segment.Acknowledgment, Sender.Unacknowledged);
        var window = (long)segment.Window * (segment.Has(TcpFlags.Syn) ? 1 : Sender.WindowUnit);
        if (State == TcpState.SynReceived)
        {
            if (!Sender.IsAcceptable(ack))
            {
                Refuse(segment);
                return false;
            }

            Sender.UpdateWindow(position, ack, window); // It replaces the window of the SYN
            TakeSynRtt(now);
            Establish(now);
        }

        if (ack > Sender.Next || ack < Sender.OldestAck)
        {
            Challenge(now); // RFC 5961 §5.2
            return false;
        }

        var moved = ack >= Sender.Unacknowledged && Sender.UpdateWindow(position, ack, window);
        if (!Sender.HasOutstanding && ack == Sender.Unacknowledged && !moved)
        {
            ArmAfterAck(now, progress: false); // As in every download: nothing is outstanding that it could acknowledge
            return true;
        }

        // An ACK that was overtaken is no duplicate, and its ECE is of an old mark
        var plain = segment.Payload.IsEmpty && !segment.Has(TcpFlags.Fin) && !moved;
        var acknowledgment = new Acknowledgment(
            now, Math.Max(ack, Sender.Unacknowledged), segment.Options, _timestamps.Value(now))
        {
            MayBeDuplicate = plain && ack == Sender.Unacknowledged,
            HasEcnEcho = ack >= Sender.Unacknowledged && _ecn.IsEcnEcho(segment),
        };
        AfterAck(now, Sender.Acknowledge(acknowledgment));
        return State != TcpState.Closed;
    }

    /// <summary>What an ACK changes besides the sender, above all one of our FIN.</summary>
    private void AfterAck(TimeSpan now, in AckProgress progress)
    {
        if (progress.Acknowledged > 0)
        {
            _retryLimit.OnAnswered();
            _softError = TcpEnd.None;
            OnPathAnswers(now, progress.Longest);
        }

        if (Sender.Window == 0)
        {
            OnProbeAnswered();
        }

        ArmAfterAck(now, progress.Acknowledged > 0);
        RaiseIfWritable();
        if (!Sender.FinAcknowledged)
        {
            return;
        }

        switch (State)
        {
            case TcpState.FinWait1:
                State = TcpState.FinWait2;
                StartKeepAlive(now);
                _timers.Set(TcpTimer.Linger, _orphaned ? now + TcpSettings.OrphanTimeout : TimeSpan.MaxValue);
                Raise(TcpEvents.Delivered);
                break;
            case TcpState.Closing:
                EnterTimeWait(now);
                Raise(TcpEvents.Delivered);
                break;
            case TcpState.LastAck:
                Fail(TcpEnd.Graceful);
                break;
        }
    }

    /// <summary>Seventh and eighth: the text, and the FIN.</summary>
    private void TakeText(TimeSpan now, in TcpSegment segment, long position)
    {
        if (segment.Payload.IsEmpty && !segment.Has(TcpFlags.Fin))
        {
            return;
        }

        OnPassed(segment.Payload.Length);
        if (_ecn.EchoesMarks)
        {
            // Marks on other segments are ignored (RFC 3168 §6.1.4 and §6.1.5)
            Receiver.TakeMark(segment.Ecn == EcnField.Ce, segment.Has(TcpFlags.Cwr));
        }

        if (Receiver.IsFinished)
        {
            Receiver.RequestAck();
            return;
        }

        if (_orphaned && segment.Payload.Length > 0 && position + segment.Payload.Length > Receiver.Next)
        {
            _resetDue = true; // Nobody will read this data (RFC 9293 §3.6.1)
            Fail(TcpEnd.Aborted);
            return;
        }

        if (_timestamps.TryEchoAge(now, segment.Options, out var rtt))
        {
            Receiver.SampleRtt(rtt);
        }

        if (Receiver.Accept(position, segment.Payload, segment.Has(TcpFlags.Fin)))
        {
            Raise(TcpEvents.Readable);
            if (_inputIgnored)
            {
                DropInput(now);
            }
        }

        if (Receiver.IsFinished)
        {
            TakeFin(now);
        }
        else if (Receiver.AckPending && !Receiver.AckNow && !_timers.IsSet(TcpTimer.DelayedAck))
        {
            _timers.Set(TcpTimer.DelayedAck, now + _settings.Options.Acknowledgments.Delay);
        }
    }

    private void TakeFin(TimeSpan now)
    {
        switch (State)
        {
            case TcpState.SynReceived or TcpState.Established:
                State = TcpState.CloseWait;
                StartKeepAlive(now);
                break;
            case TcpState.FinWait1:
                State = TcpState.Closing;
                break;
            case TcpState.FinWait2:
                EnterTimeWait(now);
                break;
        }
    }

    private void EnterTimeWait(TimeSpan now)
    {
        State = TcpState.TimeWait;
        _timers.StopAll();
        _timers.Set(TcpTimer.Linger, now + TcpSettings.TimeWait);
        Sender.Clear();
    }

    private void Challenge(TimeSpan now)
    {
        if (now >= _nextChallenge)
        {
            _nextChallenge = now + ChallengeInterval;
            Receiver.RequestAck();
        }
    }
}
