namespace Onetun.NetStack;

/// <summary>The send side of a connection: unsent data, data in flight, and what the peer has acknowledged of it.</summary>
/// <remarks>This file has the state and what ACKs do to it; Sender.Output has what is sent next.</remarks>
internal sealed partial class Sender
{
    private readonly SentSegments _sent = new();
    private readonly DeliveryRate _rate = new();
    private readonly LossRecovery _recovery;
    private RttEstimator _rtt;
    private TailLossProbe _probe = new();
    private SendWindow _window = new();
    private WindowUse _use;
    private Pacer _pacer;
    private TimeSpan _lastSent;
    private bool _ranOutOfData; // There was nothing to send while the window had room
    private bool _isOverriding; // A silly window may be used

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

    /// <inheritdoc cref="SendWindow.Size"/>
    public long Window => _window.Size;

    /// <inheritdoc cref="SendWindow.Unit"/>
    public int WindowUnit
    {
        get => _window.Unit;
        set => _window.Unit = value;
    }

    /// <summary>The largest payload of a segment that has no options but timestamps, in bytes.</summary>
    public int SegmentSize { get; private set; } = 536;

    public bool SackPermitted { get; set; }

    /// <summary>The application has no more to send: a FIN follows the last byte.</summary>
    public bool IsFinished { get; private set; }

    public bool FinAcknowledged => IsFinished && Unacknowledged > Buffer.End + 1;

    public bool FinSent => IsFinished && Next > Buffer.End + 1;

    public ref readonly RttEstimator Rtt => ref _rtt;

    public long Retransmissions => _recovery.Retransmissions;

    /// <inheritdoc cref="LossRecovery.MarkReductions"/>
    public long MarkReductions => _recovery.MarkReductions;

    public long Pipe => _sent.Pipe;

    /// <summary>The length of the oldest outstanding segment, in bytes; 0 if there is none.</summary>
    public long HeadLength => _sent.IsEmpty ? 0 : _sent[_sent.Head].Length;

    /// <summary>Whether data or a FIN has been sent and not yet been acknowledged.</summary>
    public bool HasOutstanding => !_sent.IsEmpty;

    /// <inheritdoc cref="LossRecovery.IsImpatient"/>
    public bool IsImpatient => _recovery.IsImpatient;

    public TimeSpan ReorderingDeadline => _recovery.ReorderingDeadline;

    /// <summary>
    /// The bytes that may be buffered before the application has to wait: twice the congestion window, besides SACKed data that is
    /// only kept because of a gap before it.
    /// </summary>
    public long BufferTarget => Buffer.IsMemoryShort
        ? MinBuffer
        : Math.Clamp((2 * Congestion.Window) + _sent.Sacked, MinBuffer, MaxBuffer);

    /// <summary>
    /// There is room enough to wake a waiting writer: a quarter of the buffer, or 256 KiB (2 ms at 1 Gbit/s) if that is less. Half
    /// of the buffer is in flight: if the writer waited longer, there would be nothing to send.
    /// </summary>
    public bool HasWriteRoom => BufferTarget - Buffer.Length >= Math.Min(BufferTarget / 4, 256 * 1024);

    public int InitialBuffer { get; init; } = 128 * 1024;

    public int MaxBuffer { get; set; } = 20 * 1024 * 1024;

    private int MinBuffer => Math.Min(InitialBuffer, MaxBuffer);

    /// <summary>The oldest acceptable ACK (RFC 5961 §5).</summary>
    public long OldestAck => Unacknowledged - _window.Reach;

    /// <summary>RFC 9293 §3.4: SND.UNA &lt; SEG.ACK ≤ SND.NXT. Before our SYN is sent, no ACK is acceptable.</summary>
    public bool IsAcceptable(long ack) => ack > Unacknowledged && ack <= Next;

    public void SetSegmentSize(int size)
    {
        SegmentSize = size;
        Congestion.SetSegmentSize(size);
    }

    /// <summary>
    /// Reduces the segment size: larger segments that are outstanding are retransmitted in smaller ones, and an initial window
    /// shrinks with them (RFC 5681 §3.1).
    /// </summary>
    public void ShrinkSegments(int size)
    {
        SetSegmentSize(size);
        _recovery.OnTooLong(Next, size);
    }

    public void Finish() => IsFinished = true;

    /// <summary>The SYN was sent.</summary>
    public void SynSent() => Next = 1;

    /// <summary>The SYN was acknowledged.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="rtt">The round-trip time; null if the SYN was retransmitted (RFC 6298 §3).</param>
    /// <param name="retries">The number of retransmissions.</param>
    public void SynAcknowledged(TimeSpan now, TimeSpan? rtt, int retries)
    {
        Unacknowledged = 1;
        if (rtt is { } sample)
        {
            TakeSample(sample);
        }
        else
        {
            _rtt.OnRepeatedSyn();
        }

        Congestion.OnConnected(now, _rtt.Smoothed);
        if (retries > 1)
        {
            Congestion.SetWindow(SegmentSize); // RFC 5681 §3.1; a single retransmission may be due to a slow path (RFC 6928 §2)
        }
    }

    /// <inheritdoc cref="SendWindow.Update"/>
    public bool UpdateWindow(long position, long ack, long size) => _window.Update(position, ack, size, Unacknowledged);

    /// <summary>Processes an acceptable ACK, with its SACK blocks.</summary>
    public AckProgress Acknowledge(in Acknowledgment ack)
    {
        Invariant.Holds(ack.Position >= Unacknowledged && ack.Position <= Next);
        CheckAppLimited(ack.Now);
        var acknowledged = ack.Position - Unacknowledged;
        var isDuplicate = acknowledged == 0 && ack.MayBeDuplicate && !_sent.IsEmpty;
        var priorFlight = _sent.Pipe;
        _use.Look(priorFlight, Congestion.Window, SegmentSize, Unacknowledged, Next);
        var headSent = _sent.IsEmpty ? ack.Now : _sent[_sent.Head].SentAt;
        var deliveries = new Deliveries();
        _rate.BeginSample();
        if (acknowledged > 0)
        {
            TakeCredit(acknowledged, ref deliveries);
            RemoveAcknowledged(ack, ref deliveries);
            Unacknowledged = ack.Position;
            Buffer.Release(Math.Min(ack.Position - 1, Buffer.End));
        }

        if (!SackPermitted && isDuplicate && _recovery.BelievesDuplicates(Next))
        {
            var credited = _sent.CreditDuplicate(SegmentSize); // As PRR counts it (RFC 9937 §5.2)
            deliveries.AddPart(credited);
            _rate.OnPartDelivered(ack.Now, credited);
        }

        if (SackPermitted && ack.Options.SackCount > 0)
        {
            ApplySacks(ack, ref deliveries);
        }

        var rtt = deliveries.RoundTrip(ack.Now)
            ?? (acknowledged > 0 && ack.Options.HasTimestamp ? EchoAge(ack, headSent) : TimeSpan.Zero);
        if (rtt > TimeSpan.Zero)
        {
            TakeSample(rtt);
        }

        var progress = new AckProgress
        {
            Acknowledged = acknowledged,
            Delivered = deliveries.Bytes,
            Longest = deliveries.Longest,
            IsCwndLimited = _use.IsLimit(Congestion.Window, Congestion.SlowStartThreshold),
            PriorFlight = priorFlight,
            HasEcnEcho = ack.HasEcnEcho,
            IsDuplicate = isDuplicate,
            HasLateOriginal = deliveries.HasLateOriginal && SackPermitted,
            DuplicateStart = deliveries.DuplicateStart,
            MayAnswerProbe = _probe.IsOut,
            Rtt = rtt,
            SackPermitted = SackPermitted,
            TimestampEcho = ack.Options.HasTimestamp ? ack.Options.TimestampEcho : null,
        };
        if (_probe.OnAcknowledged(ack.Position, progress))
        {
            _recovery.OnProbeRepairedLoss(ack.Now, Next, progress.PriorFlight);
        }

        _recovery.OnAcknowledged(ack.Now, Unacknowledged, Next, progress, SegmentSize, _rtt);
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

    /// <summary>Doubles the timeout, as a SYN was not answered.</summary>
    public void BackOff() => _rtt.BackOff();

    /// <summary>Releases the memory that an idle connection does not need.</summary>
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

    /// <inheritdoc cref="SendBuffer.Abandon"/>
    public void Abandon() => Buffer.Abandon();

    /// <summary>
    /// Segments that duplicate ACKs have counted do not count again when SND.UNA passes them; the head, for which they waited,
    /// does.
    /// </summary>
    private void TakeCredit(long acknowledged, ref Deliveries deliveries)
    {
        if (!_sent.IsEmpty)
        {
            var credited = _sent.TakeCredit(Math.Max(0, acknowledged - _sent[_sent.Head].Length));
            deliveries.Deduct(credited);
            _rate.Deduct(credited);
        }
    }

    private void TakeSample(TimeSpan rtt)
    {
        _rtt.Sample(rtt, Unacknowledged, Next);
        _recovery.OnSample(_rtt);
    }

    private void RemoveAcknowledged(in Acknowledgment ack, ref Deliveries deliveries)
    {
        var wasRepeated = false;
        while (!_sent.IsEmpty)
        {
            ref var segment = ref _sent[_sent.Head];
            if (segment.End > ack.Position)
            {
                if (segment.Start < ack.Position)
                {
                    wasRepeated |= segment.Retransmitted;
                    var part = segment.Sacked ? 0 : ack.Position - segment.Start;
                    deliveries.AddPart(part);
                    _rate.OnPartDelivered(ack.Now, part);
                    _sent.TrimHead(ack.Position);
                }

                break;
            }

            if (!segment.Sacked)
            {
                wasRepeated |= segment.Retransmitted;
                TakeDelivery(ack, segment, ref deliveries);
            }

            _sent.RemoveHead();
        }

        if (wasRepeated)
        {
            deliveries.DiscardRoundTrip();
        }
    }

    /// <summary>
    /// RFC 7323 §4.1: the echoed timestamp gives a round-trip time if it is that of the last transmission. An older one may be
    /// of a slow first transmission; but a duplicate is also answered with an old echo (§5.3), which is as old as a timeout, so
    /// that timeouts would grow by themselves where ACKs are lost. Older echoes therefore give no sample; a slow path is
    /// measured once the backed-off timeout is long enough.
    /// </summary>
    private static TimeSpan EchoAge(in Acknowledgment ack, TimeSpan headSent)
    {
        // Rounded up by as much as 2 ms, so that it does not become the minimum
        var age = TimeSpan.FromMilliseconds(Math.Clamp((int)(ack.Stamp - ack.Options.TimestampEcho), 0, 60_000) + 1);
        return age <= ack.Now - headSent + TimeSpan.FromMilliseconds(2) ? age : TimeSpan.Zero;
    }

    private void ApplySacks(in Acknowledgment ack, ref Deliveries deliveries)
    {
        ref readonly var options = ref ack.Options;
        for (var i = 0; i < options.SackCount; i++)
        {
            var block = options.GetSack(i);
            var left = Sequence.Unwrap(block.Left, Unacknowledged);
            var right = Sequence.Unwrap(block.Right, Unacknowledged);
            if (left >= right || left < OldestAck || right > Next)
            {
                continue; // Not data that was ever sent
            }

            if (i == 0 && IsDuplicateSack(left, right, ack))
            {
                deliveries.DuplicateStart = left;
                continue;
            }

            if (left < Unacknowledged)
            {
                continue;
            }

            var ordinal = _sent.SkipSacked(_sent.FindFrom(left));
            while (ordinal < _sent.Tail && _sent[ordinal].End <= right)
            {
                TakeDelivery(ack, _sent[ordinal], ref deliveries);
                _sent.MarkSacked(ordinal);
                ordinal = _sent.SkipSacked(ordinal + 1);
            }
        }
    }

    /// <summary>Whether the first block is a D-SACK: below SEG.ACK, or within the second block (RFC 2883 §4).</summary>
    private bool IsDuplicateSack(long left, long right, in Acknowledgment ack)
    {
        if (right <= ack.Position)
        {
            return true;
        }

        return ack.Options.SackCount > 1
            && left >= Sequence.Unwrap(ack.Options.GetSack(1).Left, Unacknowledged)
            && right <= Sequence.Unwrap(ack.Options.GetSack(1).Right, Unacknowledged);
    }

    private void TakeDelivery(in Acknowledgment ack, in SentSegment segment, ref Deliveries deliveries)
    {
        deliveries.Add(segment, payload: segment.Length - (IsFinished && segment.End == Buffer.End + 2 ? 1 : 0));
        var age = (uint)((ack.Now - segment.SentAt).Ticks / TimeSpan.TicksPerMillisecond);
        _recovery.OnDelivered(ack.Now, segment, _rtt, ack.Options, ack.Stamp - age);
        _rate.OnDelivered(ack.Now, segment);
    }
}
