namespace Onetun.NetStack;

/// <summary>What is sent next, and when.</summary>
internal sealed partial class Sender
{
    /// <summary>
    /// Whether a congestion window is paced over the round trip; a congestion control with a pacing rate of its own always is.
    /// </summary>
    public bool Paced { get; init; }

    /// <summary>Nagle's algorithm: small segments wait until all data before them is acknowledged.</summary>
    public bool Nagle { get; set; }

    /// <summary>When pacing allows the next burst; never if something else holds it back.</summary>
    public TimeSpan PacingDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>There is data, or a FIN, that was never sent.</summary>
    public bool HasUnsent => Next < End;

    /// <summary>The peer's window holds back unsent data, and nothing is outstanding whose ACK could open it.</summary>
    public bool IsBlockedByWindow => _sent.IsEmpty && HasUnsent
        && (Next >= WindowEdge || _window.IsSilly(Math.Min(SegmentSize, Buffer.End + 1 - Next), WindowEdge - Next));

    private long End => Buffer.End + 1 + (IsFinished ? 1 : 0);

    /// <summary>
    /// SEG.SEQ of a segment without data: SND.NXT, or the right edge of a window that has shrunk below it. Linux shrinks
    /// windows when its memory is short, and ignores ACKs beyond the edge. But a scaled field does not give the edge to the
    /// byte, and data that seems to lie beyond it may have been accepted: if both hosts then went back to it, neither would
    /// accept the other's ACKs. Before our SYN is acknowledged, no window is known.
    /// </summary>
    public long AckPosition => Unacknowledged == 0 || Next - WindowEdge < _window.Unit ? Next : WindowEdge;

    private long WindowEdge => Unacknowledged + _window.Size;

    private bool RetransmitsFirst => _sent.Lost > 0 && !(_recovery.SendsNewData && HasUnsent && Next < WindowEdge);

    /// <summary>The next segment to send, if one may be sent.</summary>
    public bool TryNext(TimeSpan now, int room, out Transmission next)
    {
        PacingDeadline = TimeSpan.MaxValue;
        if (_probe.IsPending)
        {
            _probe.IsPending = false;
            if (ProbeDelay() < TimeSpan.MaxValue && TryProbe(room, out next)) // A SACK may have arrived since it was due
            {
                return true;
            }
        }

        if (RetransmitsFirst)
        {
            return TryRetransmitLost(now, room, out next);
        }

        next = default;
        if (!HasUnsent)
        {
            _ranOutOfData = true;
            return false;
        }

        CheckAppLimited(now);
        var length = (int)Math.Min(Math.Min(room, SegmentSize), Buffer.End + 1 - Next);
        if (Nagle && length < SegmentSize && !_sent.IsEmpty && !IsFinished)
        {
            return false; // RFC 9293 §3.7.4
        }

        var usable = WindowEdge - Next;
        if (length > usable)
        {
            // RFC 9293 §3.8.6.2.1: a silly window is not used before the override timeout
            if (usable <= 0 || (_window.IsSilly(length, usable) && !(_isOverriding && _sent.IsEmpty)))
            {
                return false;
            }

            length = (int)usable;
        }

        if (!_recovery.Allows(length) || IsHeldByPacing(now))
        {
            return false;
        }

        if (_sent.IsEmpty)
        {
            _pacer.Restart(now);
            Congestion.OnRestart(now, idle: now - _lastSent, _rtt.Timeout, _rate.IsAppLimited);
        }

        next = new Transmission(Next, length, IsFinished && Next + length == Buffer.End + 1, Ordinal: -1);
        return true;
    }

    /// <summary>
    /// The override timeout of RFC 9293 §3.8.6.2.1 expired, and a silly window is to be used after all; false if it is zero.
    /// </summary>
    public bool TryOverride() => _isOverriding = Next < WindowEdge;

    /// <summary>The segment that <see cref="TryNext"/> gave was sent.</summary>
    public void Sent(TimeSpan now, in Transmission transmission, uint stamp)
    {
        var length = transmission.Length + (transmission.Fin ? 1 : 0);
        Invariant.Holds(transmission.Position >= Unacknowledged && transmission.Position + length <= End);
        var snapshot = _rate.OnSent(now, _sent.Pipe, length);
        if (transmission.IsRetransmission)
        {
            _recovery.OnRetransmitted(_sent[transmission.Ordinal], stamp);
            _sent.OnRetransmitted(transmission.Ordinal, now, snapshot);
        }
        else
        {
            Invariant.Holds(transmission.Position == Next);
            _recovery.OnSent(length);
            _sent.Add(transmission.Position, length, now, snapshot);
            Next = transmission.Position + length;
        }

        (_lastSent, _isOverriding) = (now, false);
        var isAvoiding = !Congestion.IsModelBased && Congestion.Window >= Congestion.SlowStartThreshold;
        _pacer.OnSent(now, length, PacingRate(), SegmentSize, _rtt.Minimum, isAvoiding);
    }

    /// <inheritdoc cref="LossRecovery.TakeReduction"/>
    public bool TakeReduction() => _recovery.TakeReduction();

    /// <summary>The time until a tail loss probe is due; never if none is to be scheduled (RFC 8985 §7.2).</summary>
    public TimeSpan ProbeDelay()
    {
        var sensible = !_sent.IsEmpty && _recovery.IsOpen && _sent.SackedCount == 0 && SackPermitted
            && !_probe.IsOut && _rtt.HasSample;
        return sensible ? TailLossProbe.Delay(_rtt, single: _sent.Tail - _sent.Head == 1) : TimeSpan.MaxValue;
    }

    public void OnProbeTimeout(TimeSpan now)
    {
        CheckAppLimited(now);
        _probe.IsPending = true;
    }

    /// <summary>
    /// The connection is application-limited if there was room in the window and nothing to send (BBR draft, §4.1.2.4).
    /// </summary>
    private void CheckAppLimited(TimeSpan now)
    {
        if (!_ranOutOfData)
        {
            return;
        }

        _ranOutOfData = !HasUnsent;
        if (_sent.Lost == 0 && _sent.Pipe < Congestion.Window && _pacer.Allows(now))
        {
            _rate.MarkAppLimited(_sent.Pipe);
        }
    }

    private bool IsHeldByPacing(TimeSpan now)
    {
        if (!_pacer.Holds(now) || PacingRate() == 0)
        {
            return false;
        }

        PacingDeadline = _pacer.Release;
        return true;
    }

    /// <summary>The pacing rate in bytes a second; 0 if only the window limits.</summary>
    private double PacingRate()
    {
        if (Congestion.PacingRate > 0 || !(Paced || Congestion.NeedsPacing) || !_rtt.HasSample)
        {
            return Congestion.PacingRate;
        }

        // The pacing gain is above 1, so that the window remains the limit: with Linux's 1.2, two flows over a deep queue stayed
        // at 62 : 34 for minutes in two of six runs. When slow start is about to end, it is only as high as filling the path requires
        var gain = Congestion.NeedsPacing ? 1.2 : Congestion.Window < Congestion.SlowStartThreshold ? HyStart.PacingGain : 1.5;
        return gain * Congestion.Window / _rtt.Smoothed.TotalSeconds;
    }

    private bool TryRetransmitLost(TimeSpan now, int room, out Transmission next)
    {
        next = default;
        var ordinal = _sent.FirstLost();
        return _recovery.Allows(_sent[ordinal].Length) && !IsHeldByPacing(now) && TryRetransmit(ordinal, room, out next);
    }

    private bool TryRetransmit(long ordinal, int room, out Transmission next)
    {
        next = default;
        ref var segment = ref _sent[ordinal];
        // RFC 7323 §2.4: not beyond the edge of a window that has shrunk, where the peer would drop all of it
        var limit = Math.Min(Math.Min(room, SegmentSize), WindowEdge - segment.Start);
        var fin = IsFinished && segment.End == Buffer.End + 2;
        if (segment.Length - (fin ? 1 : 0) > limit)
        {
            if (limit <= 0)
            {
                return false;
            }

            _sent.Split(ordinal, segment.Start + limit);
            segment = ref _sent[ordinal];
            fin = false;
        }

        next = new Transmission(segment.Start, segment.Length - (fin ? 1 : 0), fin, ordinal);
        return true;
    }

    private bool TryProbe(int room, out Transmission next)
    {
        if (Next < Buffer.End + 1 && Next < WindowEdge)
        {
            var length = (int)Math.Min(Math.Min(room, SegmentSize), Math.Min(Buffer.End + 1, WindowEdge) - Next);
            next = new Transmission(Next, length, IsFinished && Next + length == Buffer.End + 1, Ordinal: -1);
            _probe.OnSent(Next + length, retransmitted: false);
            return true;
        }

        if (!TryRetransmit(_sent.Tail - 1, room, out next))
        {
            return false;
        }

        _probe.OnSent(Next, retransmitted: true);
        return true;
    }
}

/// <summary>A segment to be sent.</summary>
/// <param name="Position">Where it begins.</param>
/// <param name="Length">Its payload, in bytes.</param>
/// <param name="Fin">Whether it ends with a FIN.</param>
/// <param name="Ordinal">The ordinal of the segment that it retransmits; -1 if it is new.</param>
internal readonly record struct Transmission(long Position, int Length, bool Fin, long Ordinal)
{
    public bool IsRetransmission => Ordinal >= 0;
}
