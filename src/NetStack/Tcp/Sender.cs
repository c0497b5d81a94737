using System.Diagnostics;

namespace Onetun.NetStack;

/// <summary>The send side of a connection: what waits, what is on its way, and what may go next.</summary>
internal sealed class Sender
{
    /// <summary>RFC 8985 §7.2: what a peer may hold an ACK back.</summary>
    private static readonly TimeSpan MaxAckDelay = TimeSpan.FromMilliseconds(40);

    private readonly SentSegments _sent = new();
    private readonly LossRecovery _recovery;
    private RttEstimator _rtt;
    private long _windowPosition; // SND.WL1
    private long _windowAck; // SND.WL2
    private long _maxWindow;
    private long _probeEnd = -1; // TLP.end_seq
    private bool _probeRetransmitted;
    private bool _probePending;
    private TimeSpan _lastSent;

    public Sender(uint initial, ICongestionControl congestion, SendBlockPool pool)
    {
        Buffer = new SendBuffer(pool);
        Sequence = new SequenceSpace(initial);
        Congestion = congestion;
        _recovery = new LossRecovery(_sent, congestion);
    }

    public SequenceSpace Sequence { get; }

    public ICongestionControl Congestion { get; }

    public SendBuffer Buffer { get; }

    /// <summary>SND.UNA.</summary>
    public long Unacknowledged { get; private set; }

    /// <summary>SND.NXT.</summary>
    public long Next { get; private set; }

    /// <summary>SND.WND, bytes.</summary>
    public long Window { get; private set; }

    /// <summary>The largest payload of a segment without options beyond timestamps.</summary>
    public int SegmentSize { get; private set; } = 536;

    public bool SackPermitted { get; set; }

    /// <summary>The application has no more to send: FIN follows the last byte.</summary>
    public bool IsFinished { get; private set; }

    public bool FinAcknowledged => IsFinished && Unacknowledged > Buffer.End + 1;

    public bool FinSent => IsFinished && Next > Buffer.End + 1;

    public ref readonly RttEstimator Rtt => ref _rtt;

    public long Retransmissions => _recovery.Retransmissions;

    public long Pipe => _sent.Pipe;

    /// <summary>Everything sent is acknowledged.</summary>
    public bool IsQuiet => _sent.IsEmpty;

    /// <summary>Data or FIN waits that was never sent.</summary>
    public bool HasUnsent => Next < End;

    public TimeSpan ReorderingDeadline => _recovery.ReorderingDeadline;

    /// <summary>The peer's window keeps back what waits, and nothing is on its way that could bring news of it.</summary>
    public bool IsShutOut => _sent.IsEmpty && HasUnsent && Next >= WindowEdge;

    /// <summary>Bytes that may wait here before the application is asked to: twice what the path takes in a round trip.</summary>
    public long BufferTarget => Math.Clamp(2 * Congestion.Window, MinBuffer, MaxBuffer);

    public int MinBuffer { get; init; } = 128 * 1024;

    public int MaxBuffer { get; init; } = 16 * 1024 * 1024;

    private long End => Buffer.End + 1 + (IsFinished ? 1 : 0);

    private long WindowEdge => Unacknowledged + Window;

    public void SetSegmentSize(int size)
    {
        SegmentSize = size;
        Congestion.SetSegmentSize(size);
    }

    public void Finish() => IsFinished = true;

    /// <summary>The SYN is on its way.</summary>
    public void SynSent() => Next = 1;

    /// <summary>The SYN is acknowledged.</summary>
    public void SynAcknowledged(TimeSpan? rtt)
    {
        Unacknowledged = 1;
        if (rtt is { } sample)
        {
            _rtt.Sample(sample);
        }
    }

    /// <summary>RFC 9293 §3.10.7.4, fifth step: SND.WND follows the newest segment.</summary>
    /// <returns>Whether the window moved or changed, so that the ACK is no duplicate (RFC 5681 §2).</returns>
    public bool UpdateWindow(long position, long ack, long window)
    {
        if (position < _windowPosition || (position == _windowPosition && ack < _windowAck))
        {
            return false;
        }

        var changed = window != Window;
        (_windowPosition, _windowAck, Window) = (position, ack, window);
        _maxWindow = Math.Max(_maxWindow, window);
        return changed;
    }

    /// <summary>How far back an ACK may lie and still be believed (RFC 5961 §5).</summary>
    public long OldestAck => Unacknowledged - Math.Max(_maxWindow, 65535);

    /// <summary>Takes in an acceptable acknowledgment, and the SACK blocks with it.</summary>
    public AckProgress Acknowledge(TimeSpan now, long ack, in TcpOptions options, bool carriesNothing, uint stamp)
    {
        Debug.Assert(ack <= Next);
        var progress = new AckProgress
        {
            WindowInUse = WindowInUse(),
            SackPermitted = SackPermitted,
            HasTimestamp = options.HasTimestamp,
            TimestampEcho = options.TimestampEcho,
            IsDuplicate = ack == Unacknowledged && carriesNothing && !_sent.IsEmpty,
        };
        var flight = _sent.Pipe;
        var newestSent = TimeSpan.MinValue;
        if (ack > Unacknowledged)
        {
            progress.Acknowledged = ack - Unacknowledged;
            RemoveAcknowledged(now, ack, options, stamp, ref progress, ref newestSent);
            Unacknowledged = ack;
            Buffer.Release(Math.Min(ack - 1, Buffer.End));
            _rtt.ResetBackOff();
        }

        if (SackPermitted && options.SackCount > 0)
        {
            ApplySacks(now, ack, options, stamp, ref progress, ref newestSent);
        }

        if (newestSent != TimeSpan.MinValue)
        {
            _rtt.Sample(now - newestSent);
        }

        EndProbe(now, ack, flight, progress);
        _recovery.OnAcknowledged(now, Unacknowledged, Next, progress, SegmentSize, _rtt);
        return progress;
    }

    /// <summary>What should go out next, if anything may.</summary>
    public bool TryNext(TimeSpan now, int room, out Transmission next)
    {
        next = default;
        if (_probePending)
        {
            _probePending = false;
            return TryProbe(room, out next);
        }

        if (_sent.Lost > 0)
        {
            return TryRetransmit(room, out next);
        }

        if (!HasUnsent)
        {
            return false;
        }

        RestartAfterIdle(now);
        var length = (int)Math.Min(Math.Min(room, SegmentSize), Buffer.End + 1 - Next);
        var usable = WindowEdge - Next;
        if (length > usable)
        {
            // RFC 9293 §3.8.6.2.1: no slivers while an ACK may still open the window
            if (usable <= 0 || (!_sent.IsEmpty && usable < _maxWindow / 2))
            {
                return false;
            }

            length = (int)usable;
        }

        var fin = IsFinished && Next + length == Buffer.End + 1;
        if (!_recovery.Allows(length))
        {
            return false;
        }

        next = new Transmission(Next, length, fin, Again: -1);
        return true;
    }

    /// <summary>What <see cref="TryNext"/> offered is in the packet.</summary>
    public void Sent(TimeSpan now, in Transmission transmission, uint stamp)
    {
        var length = transmission.Length + (transmission.Fin ? 1 : 0);
        if (transmission.Again >= 0)
        {
            _sent.SentAgain(transmission.Again, now);
        }
        else
        {
            _sent.Add(transmission.Position, length, now);
            Next = transmission.Position + length;
        }

        _lastSent = now;
        _recovery.OnSent(transmission.Position + length, length, transmission.Again >= 0, stamp);
    }

    /// <summary>When a tail loss probe is due, if one makes sense (RFC 8985 §7.2).</summary>
    public TimeSpan ProbeDelay()
    {
        if (_sent.IsEmpty || !_recovery.IsOpen || _sent.Sacked > 0 || !SackPermitted || _probeEnd >= 0 || !_rtt.HasSample)
        {
            return TimeSpan.MaxValue;
        }

        var delay = 2 * _rtt.Smoothed;
        if (_sent.Tail - _sent.Head == 1)
        {
            delay += MaxAckDelay;
        }

        // 10 ms, as in RFC 8985 §7.2's first edition: less only races the ACK, and wakes the timer for every flight
        var least = TimeSpan.FromMilliseconds(10);
        return delay < least ? least : delay;
    }

    public void OnProbeTimeout() => _probePending = true;

    public void OnReorderingTimeout(TimeSpan now) => _recovery.OnReorderingTimeout(now, Next, SegmentSize, _rtt);

    public void OnRetransmissionTimeout(TimeSpan now)
    {
        _probePending = false;
        _probeEnd = -1;
        _rtt.BackOff();
        _recovery.OnRetransmissionTimeout(now, Next);
    }

    /// <summary>An unanswered SYN or window probe doubles the timeout as well.</summary>
    public void BackOff() => _rtt.BackOff();

    public void Trim() => _sent.Trim();

    public void Clear()
    {
        _sent.Clear();
        Buffer.Clear();
    }

    private bool WindowInUse()
    {
        // in slow start half is enough: the window doubles in the round trip in which it is filled
        var window = Congestion.Window;
        return _sent.Pipe + SegmentSize > window || (window < Congestion.SlowStartThreshold && 2 * _sent.Pipe >= window);
    }

    private void RestartAfterIdle(TimeSpan now)
    {
        if (_sent.IsEmpty && _lastSent > TimeSpan.Zero && now - _lastSent > _rtt.Timeout)
        {
            Congestion.OnIdle(now - _lastSent);
            _lastSent = now;
        }
    }

    private void RemoveAcknowledged(
        TimeSpan now, long ack, in TcpOptions options, uint stamp, ref AckProgress progress, ref TimeSpan newestSent)
    {
        while (!_sent.IsEmpty)
        {
            ref var segment = ref _sent[_sent.Head];
            if (segment.End > ack)
            {
                if (segment.Start < ack)
                {
                    progress.Delivered += segment.Sacked ? 0 : ack - segment.Start;
                    _sent.TrimHead(ack);
                }

                break;
            }

            if (!segment.Sacked)
            {
                Delivered(now, segment, options, stamp, ref progress, ref newestSent);
            }

            _sent.RemoveHead();
        }
    }

    private void ApplySacks(
        TimeSpan now, long ack, in TcpOptions options, uint stamp, ref AckProgress progress, ref TimeSpan newestSent)
    {
        for (var i = 0; i < options.SackCount; i++)
        {
            var block = options.GetSack(i);
            var left = Sequence.Unwrap(block.Left, Unacknowledged);
            var right = Sequence.Unwrap(block.Right, Unacknowledged);
            if (i == 0 && IsDuplicateSack(left, right, ack, options))
            {
                progress.HasDuplicateSack = true;
                continue;
            }

            if (left >= right || left < Unacknowledged || right > Next)
            {
                continue;
            }

            for (var ordinal = _sent.FindFrom(left); ordinal < _sent.Tail && _sent[ordinal].End <= right; ordinal++)
            {
                if (!_sent[ordinal].Sacked)
                {
                    Delivered(now, _sent[ordinal], options, stamp, ref progress, ref newestSent);
                    _sent.MarkSacked(ordinal);
                }
            }
        }
    }

    /// <summary>RFC 2883 §4: below the ACK, or inside the block that follows.</summary>
    private bool IsDuplicateSack(long left, long right, long ack, in TcpOptions options)
    {
        if (right <= ack)
        {
            return true;
        }

        return options.SackCount > 1
            && left >= Sequence.Unwrap(options.GetSack(1).Left, Unacknowledged)
            && right <= Sequence.Unwrap(options.GetSack(1).Right, Unacknowledged);
    }

    private void Delivered(
        TimeSpan now, in SentSegment segment, in TcpOptions options, uint stamp, ref AckProgress progress, ref TimeSpan newestSent)
    {
        progress.Delivered += segment.Length;
        if (!segment.Retransmitted && segment.SentAt > newestSent)
        {
            newestSent = segment.SentAt; // Karn: never from what was sent twice (RFC 6298 §3)
        }

        var age = (uint)(now - segment.SentAt).TotalMilliseconds;
        _recovery.OnDelivered(now, segment, _rtt, options, stamp - age);
    }

    private bool TryRetransmit(int room, out Transmission next)
    {
        next = default;
        var ordinal = _sent.FirstLost();
        return _recovery.Allows(_sent[ordinal].Length) && TryAgain(ordinal, room, out next);
    }

    private bool TryAgain(long ordinal, int room, out Transmission next)
    {
        var limit = Math.Min(room, SegmentSize);
        ref var segment = ref _sent[ordinal];
        var fin = IsFinished && segment.End == Buffer.End + 2;
        if (segment.Length - (fin ? 1 : 0) > limit)
        {
            _sent.Split(ordinal, segment.Start + limit);
            segment = ref _sent[ordinal];
            fin = false;
        }

        next = new Transmission(segment.Start, segment.Length - (fin ? 1 : 0), fin, ordinal);
        return true;
    }

    private bool TryProbe(int room, out Transmission next)
    {
        next = default;
        if (_sent.IsEmpty)
        {
            return false;
        }

        _probeEnd = Next;
        if (Next < Buffer.End + 1 && Next < WindowEdge)
        {
            var length = (int)Math.Min(Math.Min(room, SegmentSize), Math.Min(Buffer.End + 1, WindowEdge) - Next);
            next = new Transmission(Next, length, IsFinished && Next + length == Buffer.End + 1, Again: -1);
            _probeRetransmitted = false;
            _probeEnd = next.Position + length;
            return true;
        }

        _probeRetransmitted = true;
        return TryAgain(_sent.Tail - 1, room, out next);
    }

    /// <summary>RFC 8985 §7.4.</summary>
    private void EndProbe(TimeSpan now, long ack, long flight, in AckProgress progress)
    {
        if (_probeEnd < 0 || ack < _probeEnd)
        {
            return;
        }

        if (_probeRetransmitted && !progress.HasDuplicateSack)
        {
            if (ack == _probeEnd && !progress.IsDuplicate)
            {
                return; // the D-SACK that shows the probe was needless may still come
            }

            if (ack > _probeEnd)
            {
                _recovery.OnProbeRepairedLoss(now, flight); // a loss that nobody else will answer for
            }
        }

        _probeEnd = -1;
    }
}

/// <summary>A segment to be sent: its place, and the ordinal it had if it was sent before (else -1).</summary>
internal readonly record struct Transmission(long Position, int Length, bool Fin, long Again);
