namespace Onetun.NetStack;

/// <summary>The send side of a connection: what waits, what is on its way, and what the peer said of it.</summary>
internal sealed partial class Sender
{
    private readonly SentSegments _sent = new();
    private readonly DeliveryRate _rate = new();
    private readonly LossRecovery _recovery;
    private RttEstimator _rtt;
    private TailLossProbe _probe = new();
    private long _windowPosition; // SND.WL1
    private long _windowAck; // SND.WL2
    private long _maxWindow;

    public Sender(uint initial, ICongestionControl congestion, SendBlockPool pool)
    {
        Buffer = new SendBuffer(pool);
        Sequence = new SequenceSpace(initial);
        Congestion = congestion;
        _recovery = new LossRecovery(_sent, congestion, _rate);
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

    /// <summary>What the peer's window field counts in, bytes (RFC 7323 §2.3).</summary>
    public int WindowUnit { get; set; } = 1;

    /// <summary>The largest payload of a segment without options beyond timestamps.</summary>
    public int SegmentSize { get; private set; } = 536;

    public bool SackPermitted { get; set; }

    /// <summary>The application has no more to send: FIN follows the last byte.</summary>
    public bool IsFinished { get; private set; }

    public bool FinAcknowledged => IsFinished && Unacknowledged > Buffer.End + 1;

    public bool FinSent => IsFinished && Next > Buffer.End + 1;

    public ref readonly RttEstimator Rtt => ref _rtt;

    public long Retransmissions => _recovery.Retransmissions;

    /// <inheritdoc cref="LossRecovery.MarkReductions"/>
    public long MarkReductions => _recovery.MarkReductions;

    public long Pipe => _sent.Pipe;

    /// <summary>Everything sent is acknowledged.</summary>
    public bool IsQuiet => _sent.IsEmpty;

    /// <inheritdoc cref="LossRecovery.IsImpatient"/>
    public bool IsImpatient => _recovery.IsImpatient;

    public TimeSpan ReorderingDeadline => _recovery.ReorderingDeadline;

    /// <summary>
    /// Bytes that may wait here before the application is asked to: twice what the path takes in a round trip, besides
    /// what has arrived and lies here only for the sake of a gap before it.
    /// </summary>
    public long BufferTarget => Buffer.IsMemoryShort
        ? MinBuffer
        : Math.Clamp((2 * Congestion.Window) + _sent.Sacked, MinBuffer, MaxBuffer);

    /// <summary>
    /// A waiting writer has room for a worthwhile piece: a quarter of the buffer, at most 256 KiB (2 ms at 1 Gbit/s). Half
    /// of the buffer is in flight: a writer who waits longer lets the path run dry.
    /// </summary>
    public bool HasWriteRoom => BufferTarget - Buffer.Length >= Math.Min(BufferTarget / 4, 256 * 1024);

    public int InitialBuffer { get; init; } = 128 * 1024;

    public int MaxBuffer { get; set; } = 20 * 1024 * 1024;

    private int MinBuffer => Math.Min(InitialBuffer, MaxBuffer);

    /// <summary>How far back an ACK may lie and still be believed (RFC 5961 §5).</summary>
    public long OldestAck => Unacknowledged - Math.Max(_maxWindow, 65535);

    /// <summary>RFC 9293 §3.4: SND.UNA &lt; SEG.ACK ≤ SND.NXT. Before our SYN has left, no ACK is.</summary>
    public bool IsAcceptable(long ack) => ack > Unacknowledged && ack <= Next;

    public void SetSegmentSize(int size)
    {
        SegmentSize = size;
        Congestion.SetSegmentSize(size);
    }

    public void Finish() => IsFinished = true;

    /// <summary>The SYN is on its way.</summary>
    public void SynSent() => Next = 1;

    /// <summary>The SYN is acknowledged.</summary>
    /// <param name="now">When.</param>
    /// <param name="rtt">The round trip it took; null if it was sent more than once (RFC 6298 §3).</param>
    /// <param name="retries">How often it was sent again.</param>
    public void SynAcknowledged(TimeSpan now, TimeSpan? rtt, int retries)
    {
        Unacknowledged = 1;
        if (rtt is { } sample)
        {
            _rtt.Sample(sample, Unacknowledged, Next);
        }
        else
        {
            _rtt.OnRepeatedSyn();
        }

        Congestion.OnConnected(now, _rtt.Smoothed);
        if (retries > 1)
        {
            Congestion.SetWindow(SegmentSize); // RFC 5681 §3.1; one may be a path slower than RFC 6298's second (RFC 6928 §2)
        }
    }

    /// <summary>
    /// RFC 9293 §3.10.7.4, fifth step: SND.WND follows the newest segment. By the letter that is the one with the highest
    /// number, and text sent again never is, though its ACK may be the newest: SND.UNA moved with it and the old window would
    /// too, past what the peer offers. So an ACK of more than any before it is the newest (as Linux has it).
    /// </summary>
    /// <returns>Whether the window moved or changed, so that the ACK is no duplicate (RFC 5681 §2).</returns>
    public bool UpdateWindow(long position, long ack, long window)
    {
        if (ack <= Unacknowledged
            && (position < _windowPosition || (position == _windowPosition && ack < _windowAck)))
        {
            return false;
        }

        var changed = window != Window;
        (_windowPosition, _windowAck, Window) = (Math.Max(position, _windowPosition), ack, window);
        _maxWindow = Math.Max(_maxWindow, window);
        return changed;
    }

    /// <summary>Takes in an acceptable acknowledgment, and the SACK blocks with it.</summary>
    public AckProgress Acknowledge(
        TimeSpan now, long ack, in TcpOptions options, bool carriesNothing, bool tellsOfMark, uint stamp)
    {
        Invariant.Holds(ack >= Unacknowledged && ack <= Next);
        CheckAppLimited(now);
        var progress = new AckProgress
        {
            WindowInUse = WindowInUse(),
            FlightBefore = _sent.Pipe,
            TellsOfMark = tellsOfMark,
            SackPermitted = SackPermitted,
            HasTimestamp = options.HasTimestamp,
            TimestampEcho = options.TimestampEcho,
            MayAnswerProbe = _probe.IsOut,
            IsDuplicate = ack == Unacknowledged && carriesNothing && !_sent.IsEmpty,
        };
        var newestSent = TimeSpan.MinValue;
        var headSent = _sent.IsEmpty ? now : _sent[_sent.Head].SentAt;
        _rate.BeginSample();
        if (ack > Unacknowledged)
        {
            progress.Acknowledged = ack - Unacknowledged;
            TakeTold(ref progress);
            RemoveAcknowledged(now, ack, options, stamp, ref progress, ref newestSent);
            Unacknowledged = ack;
            Buffer.Release(Math.Min(ack - 1, Buffer.End));
        }

        if (!SackPermitted && progress.IsDuplicate && _recovery.BelievesDuplicates(Next))
        {
            progress.Delivered = _sent.TellArrived(SegmentSize); // RFC 9937 §5.2, as PRR counts it
            _rate.OnPartDelivered(now, progress.Delivered);
        }

        if (SackPermitted && options.SackCount > 0)
        {
            ApplySacks(now, ack, options, stamp, ref progress, ref newestSent);
        }

        progress.Rtt = newestSent != TimeSpan.MinValue ? now - newestSent
            : progress.Acknowledged > 0 && options.HasTimestamp ? EchoAge(now, options, stamp, headSent)
            : TimeSpan.Zero;
        if (progress.Rtt > TimeSpan.Zero)
        {
            _rtt.Sample(progress.Rtt, Unacknowledged, Next);
        }

        if (_probe.OnAcknowledged(ack, progress))
        {
            _recovery.OnProbeRepairedLoss(now, Next, progress.FlightBefore);
        }

        var moreLost = _recovery.OnAcknowledged(now, Unacknowledged, Next, ref progress, SegmentSize, _rtt);
        progress.Rate = _rate.EndSample(_rtt.Minimum);
        _recovery.UpdateWindow(now, ref progress, moreLost, SegmentSize, _rtt);
        if (Congestion.HoldsBack)
        {
            _rate.MarkAppLimited(_sent.Pipe);
        }

        return progress;
    }

    public void OnReorderingTimeout(TimeSpan now)
    {
        CheckAppLimited(now);
        _recovery.OnReorderingTimeout(now, Next, SegmentSize, _rtt);
    }

    public void OnRetransmissionTimeout(TimeSpan now)
    {
        CheckAppLimited(now);
        _probe.Cancel();
        _rtt.BackOff();
        _recovery.OnRetransmissionTimeout(now, Next, SegmentSize, SackPermitted, _rtt);
    }

    /// <summary>An unanswered SYN doubles the timeout as well.</summary>
    public void BackOff() => _rtt.BackOff();

    /// <summary>Gives back the memory of a connection that has fallen idle.</summary>
    public void Trim()
    {
        _sent.Trim();
        Buffer.Trim();
    }

    public void Clear()
    {
        _sent.Clear();
        Buffer.Clear();
    }

    /// <summary>Drops everything unseen.</summary>
    public void Abandon() => Buffer.Abandon();

    private bool WindowInUse()
    {
        // in slow start half is enough: the window doubles in the round trip in which it is filled
        var window = Congestion.Window;
        return _sent.Pipe + SegmentSize > window || (window < Congestion.SlowStartThreshold && 2 * _sent.Pipe >= window);
    }

    /// <summary>What duplicates told of is no news when the ACK comes to it; the first is what they waited for.</summary>
    private void TakeTold(ref AckProgress progress)
    {
        if (!_sent.IsEmpty)
        {
            var told = _sent.TakeTold(Math.Max(0, progress.Acknowledged - _sent[_sent.Head].Length));
            progress.Delivered -= told;
            _rate.TakeBack(told);
        }
    }

    private void RemoveAcknowledged(
        TimeSpan now, long ack, in TcpOptions options, uint stamp, ref AckProgress progress, ref TimeSpan newestSent)
    {
        var wasRepeated = false;
        while (!_sent.IsEmpty)
        {
            ref var segment = ref _sent[_sent.Head];
            if (segment.End > ack)
            {
                if (segment.Start < ack)
                {
                    wasRepeated |= segment.Retransmitted;
                    var part = segment.Sacked ? 0 : ack - segment.Start;
                    progress.Delivered += part;
                    _rate.OnPartDelivered(now, part);
                    _sent.TrimHead(ack);
                }

                break;
            }

            if (!segment.Sacked)
            {
                wasRepeated |= segment.Retransmitted;
                Delivered(now, segment, options, stamp, ref progress, ref newestSent);
            }

            _sent.RemoveHead();
        }

        if (wasRepeated)
        {
            newestSent = TimeSpan.MinValue; // Karn: what came long before may have waited for the repair (RFC 6298 §3)
        }
    }

    /// <summary>
    /// RFC 7323 §4.1: the echo tells whether the last of several was answered, and how long that took. An older one may be of the
    /// first, which was slow; or of what came before, for what arrives twice is answered with the echo of then (§5.3), and is as old
    /// as a timeout: where ACKs are lost, timeouts would grow by themselves. Nothing is measured by it; what is slow is measured once
    /// the backed-off timeout waits long enough.
    /// </summary>
    private static TimeSpan EchoAge(TimeSpan now, in TcpOptions options, uint stamp, TimeSpan headSent)
    {
        // Rounded up, so that it is no new minimum: up to 2 ms above what it is
        var age = TimeSpan.FromMilliseconds(Math.Clamp((int)(stamp - options.TimestampEcho), 0, 60_000) + 1);
        return age <= now - headSent + TimeSpan.FromMilliseconds(2) ? age : TimeSpan.Zero;
    }

    private void ApplySacks(
        TimeSpan now, long ack, in TcpOptions options, uint stamp, ref AckProgress progress, ref TimeSpan newestSent)
    {
        for (var i = 0; i < options.SackCount; i++)
        {
            var block = options.GetSack(i);
            var left = Sequence.Unwrap(block.Left, Unacknowledged);
            var right = Sequence.Unwrap(block.Right, Unacknowledged);
            if (left >= right || left < OldestAck || right > Next)
            {
                continue; // nothing that was ever sent
            }

            if (i == 0 && IsDuplicateSack(left, right, ack, options))
            {
                (progress.HasDuplicateSack, progress.DuplicateStart) = (true, left);
                continue;
            }

            if (left < Unacknowledged)
            {
                continue;
            }

            var ordinal = _sent.SkipSacked(_sent.FindFrom(left));
            while (ordinal < _sent.Tail && _sent[ordinal].End <= right)
            {
                Delivered(now, _sent[ordinal], options, stamp, ref progress, ref newestSent);
                _sent.MarkSacked(ordinal);
                ordinal = _sent.SkipSacked(ordinal + 1);
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
        progress.Longest = Math.Max(progress.Longest, segment.Length - (IsFinished && segment.End == Buffer.End + 2 ? 1 : 0));
        progress.HasLateOriginal |= segment.Lost && !segment.Retransmitted && SackPermitted;
        if (!segment.Retransmitted && segment.SentAt > newestSent)
        {
            newestSent = segment.SentAt; // Karn: never from what was sent twice (RFC 6298 §3)
        }

        var age = (uint)((now - segment.SentAt).Ticks / TimeSpan.TicksPerMillisecond);
        _recovery.OnDelivered(now, segment, _rtt, options, stamp - age);
        _rate.OnDelivered(now, segment);
    }
}
