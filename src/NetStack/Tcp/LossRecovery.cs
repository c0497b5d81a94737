namespace Onetun.NetStack;

/// <summary>
/// Detects losses (RACK, RFC 8985; three duplicate ACKs for peers without SACK, RFC 6582), goes through recovery, and undoes
/// it where it was spurious. The congestion window itself is up to <see cref="ICongestionControl"/>.
/// </summary>
internal sealed class LossRecovery(SentSegments sent, ICongestionControl congestion, DeliveryRate rate)
{
    private Phase _phase;
    private long _recoveryPoint;
    private long _reducedUntil; // SND.NXT when the window was last reduced: marks on segments before it reduce it no further
    private bool _reductionIsNews;
    private int _duplicates;
    private int _partials;
    private Rack _rack = new();
    private ProportionalRate _prr;
    private SpuriousLoss _spurious = new();
    private bool _afterTimeout;
    private ForwardRtoRecovery _frto = new();
    private long _duplicateSacks;
    private readonly RandomLoss? _random = congestion.IgnoresRandomLoss ? new RandomLoss() : null;
    private bool _ignored; // What recovery repairs was lost by chance, and the window is not reduced

    private enum Phase
    {
        Open,

        /// <summary>The window is being reduced because of a mark, and nothing is lost (Linux: CWR).</summary>
        Reduction,
        Recovery,
        Loss,
    }

    /// <summary>No loss is being repaired.</summary>
    public bool IsOpen => _phase is Phase.Open or Phase.Reduction;

    /// <summary>
    /// The impatient variant of RFC 6582 (§3.2 step 3): only the first partial ACK restarts the retransmission timer. Without
    /// SACK, recovery repairs one segment per round trip; where many were lost, slow start after a timeout is faster (8 s
    /// instead of 44 s for 392 gaps).
    /// </summary>
    public bool IsImpatient => _phase == Phase.Recovery && _partials > 1;

    /// <summary>Segments retransmitted over the connection's life.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>How often marks reduced the window.</summary>
    public long MarkReductions { get; private set; }

    /// <summary>When the reordering window of the oldest transmission ends, and that one is marked lost.</summary>
    public TimeSpan ReorderingDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Whether new data is to be sent before retransmissions.</summary>
    public bool SendsNewData => _frto.SendsNewData;

    /// <summary>
    /// Whether <paramref name="length"/> bytes may be sent now. Duplicate ACKs make room before recovery too (limited transmit,
    /// RFC 3042).
    /// </summary>
    public bool Allows(int length) => sent.Pipe + length <= congestion.Window || sent.Pipe == 0;

    /// <summary>
    /// Whether a duplicate ACK means that another segment arrived; after a timeout it may be of a needless retransmission.
    /// </summary>
    public bool BelievesDuplicates(long next) => _phase != Phase.Loss || next > _recoveryPoint;

    /// <inheritdoc cref="Rack.OnDelivered"/>
    public void OnDelivered(
        TimeSpan now, in SentSegment segment, in RttEstimator rtt, in TcpHeaderOptions options, uint stamp) =>
        _rack.OnDelivered(now, segment, rtt, options, stamp);

    /// <summary>A round trip was measured.</summary>
    public void OnSample(in RttEstimator rtt) => _random?.OnSample(rtt);

    /// <summary>An ACK was processed: detects losses, and updates the window.</summary>
    /// <param name="now">When it arrived.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="next">SND.NXT.</param>
    /// <param name="progress">What it did.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="rtt">The estimate, this ACK's sample included.</param>
    public void OnAcknowledged(
        TimeSpan now, long una, long next, in AckProgress progress, int segmentSize, in RttEstimator rtt)
    {
        _random?.OnAcknowledged(una, next, rate.Lost);
        UndoSpurious(una, next, progress);
        var growth = Growth(progress, segmentSize);
        if (_phase == Phase.Reduction && una >= _reducedUntil)
        {
            congestion.OnRecovered();
            _phase = Phase.Open;
        }

        if (!IsOpen && una >= _recoveryPoint)
        {
            if ((_phase == Phase.Recovery && !_ignored) || congestion.IsModelBased)
            {
                congestion.OnRecovered(); // After a timeout, slow start goes on to ssthresh instead (RFC 5681 §3.1)
            }

            _rack.OnRecovered();
            Leave(next);
        }

        // D-SACKs beyond the number of retransmissions are of packets that the network duplicated (RFC 3708 §3)
        if (progress.DuplicateStart is not null && !progress.MayAnswerProbe && ++_duplicateSacks <= Retransmissions)
        {
            _rack.OnDuplicateSack(una, next);
        }

        var before = rate.Lost;
        if (progress.SackPermitted)
        {
            DetectLoss(now, rtt);
        }
        else
        {
            DetectWithoutSack(progress, una); // RACK would mistake "not SACKed" for "not received"
        }

        Respond(now, una, next, segmentSize, before);
        if (progress.HasEcnEcho && _phase == Phase.Open && una > _reducedUntil)
        {
            EnterReduction(now, una, next, progress.PriorFlight);
        }

        var sample = new AckSample
        {
            Now = now,
            NewlyDelivered = progress.Delivered,
            Growth = growth,
            Flight = sent.Pipe,
            IsCwndLimited = progress.IsCwndLimited,
            Rtt = progress.Rtt,
            SackPermitted = progress.SackPermitted,
            Rate = rate.EndSample(rtt.Minimum),
        };
        UpdateWindow(sample, safe: progress.Acknowledged > 0 && rate.Lost == before, segmentSize, rtt);
    }

    /// <summary>The reordering timer expired.</summary>
    public void OnReorderingTimeout(TimeSpan now, long next, int segmentSize, in RttEstimator rtt)
    {
        var (before, wasOpen) = (rate.Lost, IsOpen);
        DetectLoss(now, rtt);
        Respond(now, sent.IsEmpty ? next : sent[sent.Head].Start, next, segmentSize, before);
        if (wasOpen && !IsOpen && !_ignored)
        {
            UpdateWindow(new AckSample { Now = now, Flight = sent.Pipe }, safe: false, segmentSize, rtt);
        }
    }

    /// <summary>
    /// The retransmission timer expired: the head, and all segments that are old enough, are marked lost (RFC 6298 (5.4), RFC
    /// 8985 §6.3).
    /// </summary>
    public void OnRetransmissionTimeout(
        TimeSpan now, long next, int segmentSize, bool sackPermitted, in RttEstimator rtt)
    {
        if (!sent.IsEmpty && sent[sent.Head].Sacked)
        {
            sent.ForgetSacks(); // The peer has reneged (RFC 2018 §8)
        }

        var first = _phase != Phase.Loss;
        congestion.OnTimeout(now, sent.Pipe + sent.Lost, first);
        OnReduced(next);
        if (first)
        {
            _spurious.Begin();
        }

        _frto = first && !sackPermitted ? ForwardRtoRecovery.Begin(sent[sent.Head].End) : new ForwardRtoRecovery();
        (_phase, _afterTimeout, _recoveryPoint, _duplicates, _ignored) = (Phase.Loss, true, next, 0, false);
        ReorderingDeadline = TimeSpan.MaxValue;
        sent.ForgetCredit();
        MarkLost(sent.Head);
        var window = _rack.Window(sent, recovering: true, rtt);
        while (sent.FirstSent >= 0
            && (!sackPermitted || _rack.IsOverdue(now, sent[sent.FirstSent], window, rtt)))
        {
            MarkLost(sent.FirstSent);
        }

        congestion.SetWindow(sent.Pipe + segmentSize); // RFC 5681 (4): one segment, besides those still in flight
    }

    /// <summary>
    /// Segments longer than the path MTU allows are retransmitted in parts, which is no sign of congestion (RFC 1191 §6.4).
    /// </summary>
    public void OnTooLong(long next, int size)
    {
        for (var ordinal = sent.Head; ordinal < sent.Tail; ordinal++)
        {
            if (sent[ordinal].Length > size)
            {
                sent.MarkLost(ordinal);
            }
        }

        if (_phase == Phase.Open && sent.Lost > 0)
        {
            (_phase, _afterTimeout, _recoveryPoint) = (Phase.Loss, false, next);
        }
    }

    /// <summary>A tail loss probe has repaired a loss (RFC 8985 §7.4.2).</summary>
    public void OnProbeRepairedLoss(TimeSpan now, long next, long flight)
    {
        if (_phase == Phase.Open)
        {
            congestion.OnLoss(now, flight);
            OnReduced(next);
            congestion.OnRecovered();
        }
    }

    /// <summary>Whether the window was reduced, for any reason, since the last call (CWR, RFC 3168 §6.1.2).</summary>
    public bool TakeReduction()
    {
        var news = _reductionIsNews;
        _reductionIsNews = false;
        return news;
    }

    public void OnSent(int length) => _prr.OnSent(length);

    /// <summary>A segment is retransmitted.</summary>
    /// <param name="segment">The segment as it was sent before.</param>
    /// <param name="stamp">Our timestamp in the retransmission.</param>
    public void OnRetransmitted(in SentSegment segment, uint stamp)
    {
        OnSent(segment.Length);
        Retransmissions++;
        _spurious.OnRetransmitted(segment, stamp);
        _frto.OnRetransmitted(segment.End);
    }

    /// <summary>Undoes a reduction that proves spurious, unless a mark asks for it as well.</summary>
    private void UndoSpurious(long una, long next, in AckProgress progress)
    {
        if (progress.HasEcnEcho)
        {
            _spurious.End();
            _frto = new ForwardRtoRecovery();
        }

        if (_spurious.IsShownBy(progress, una, _afterTimeout, nothingLost: sent.Lost == 0)
            || _frto.IsSpurious(progress, una, _recoveryPoint))
        {
            congestion.OnSpuriousLoss();
            sent.ForgetLosses();
            _spurious.End();
            _recoveryPoint = una - 1; // Too few segments were spurious to draw three duplicate ACKs: these count again
            _reductionIsNews = false;
            Leave(next);
        }
    }

    /// <summary>
    /// The bytes for which the window may grow. Those of a reduction do not count, and above all those of the ACK that ends it: most
    /// arrived before. So it is after a timeout (RFC 3465 §2.3). Nor do those of an ACK with ECE (RFC 3168 §6.1.2), except after a
    /// timeout, where retransmissions wait for the window to grow.
    /// </summary>
    private long Growth(in AckProgress progress, int segmentSize) =>
        !progress.IsCwndLimited || (progress.HasEcnEcho && _phase != Phase.Loss) ? 0
        : _ignored ? progress.Delivered
        : _phase is Phase.Recovery or Phase.Reduction ? 0
        : _phase == Phase.Open ? progress.Acknowledged
        : Math.Min(progress.Acknowledged, progress.SackPermitted ? progress.Delivered : segmentSize);

    private void UpdateWindow(in AckSample sample, bool safe, int segmentSize, in RttEstimator rtt)
    {
        if (_phase is not (Phase.Recovery or Phase.Reduction) || congestion.IsModelBased || _ignored)
        {
            congestion.OnAcknowledged(sample, rtt);
            return;
        }

        congestion.SetWindow(_prr.OnAcknowledged(
            sample.NewlyDelivered, safe, sample.Flight, congestion.SlowStartThreshold, segmentSize));
    }

    private void Leave(long next)
    {
        (_phase, _duplicates, _ignored) = (Phase.Open, 0, false);
        _frto = new ForwardRtoRecovery();
        sent.ForgetCredit();
        _spurious.Expire(next);
    }

    /// <summary>What was found lost, if anything was, begins recovery, or shows that it repairs more than chance explains.</summary>
    private void Respond(TimeSpan now, long una, long next, int segmentSize, long before)
    {
        var isRandom = _random?.Explains(rate.Lost, next - una, segmentSize) ?? false;
        if (IsOpen && sent.Lost > 0)
        {
            EnterRecovery(now, next, isRandom);
        }
        else if (_ignored && rate.Lost > before && !isRandom)
        {
            Reduce(now, next);
        }
    }

    private void EnterRecovery(TimeSpan now, long next, bool isRandom)
    {
        if (_phase == Phase.Reduction)
        {
            // The window is being reduced already: once per round trip is enough (RFC 3168 §6.1.2)
            (_phase, _afterTimeout, _recoveryPoint, _partials) = (Phase.Recovery, false, _reducedUntil, 0);
            return;
        }

        (_phase, _afterTimeout, _recoveryPoint, _partials, _ignored) = (Phase.Recovery, false, next, 0, isRandom);
        if (!isRandom)
        {
            Reduce(now, next);
        }
    }

    private void Reduce(TimeSpan now, long next)
    {
        (_ignored, _recoveryPoint) = (false, next);
        _prr.Begin(sent.Pipe + sent.Lost);
        _spurious.Begin();
        congestion.OnLoss(now, sent.Pipe + sent.Lost);
        OnReduced(next);
    }

    /// <summary>
    /// RFC 3168 §6.1.2: as for a loss, but without retransmissions. Its rule for a window of one segment never applies: no window
    /// is reduced to less than two, as in Linux.
    /// </summary>
    private void EnterReduction(TimeSpan now, long una, long next, long flight)
    {
        MarkReductions++;
        congestion.OnMark(now, flight);
        OnReduced(next);
        if (una == next)
        {
            congestion.OnRecovered(); // There will be no ACKs over which to reduce it gradually
            return;
        }

        _phase = Phase.Reduction;
        _prr.Begin(flight);
    }

    private void OnReduced(long next) => (_reducedUntil, _reductionIsNews) = (next, true);

    private void DetectWithoutSack(in AckProgress progress, long una)
    {
        if (sent.IsEmpty)
        {
            return;
        }

        if (progress.Acknowledged > 0)
        {
            _duplicates = 0;
            if (_phase == Phase.Recovery)
            {
                _partials++;
                MarkLost(sent.Head); // RFC 6582 §3.2 step 3: a partial ACK shows the next gap
            }
        }
        else if (progress.IsDuplicate && ++_duplicates == Rack.DuplicateThreshold && una > _recoveryPoint)
        {
            // Step 1: up to the recovery point, duplicate ACKs may be of needless retransmissions in the last episode
            MarkLost(sent.Head);
        }
    }

    /// <summary>
    /// RFC 8985 §6.2 step 5: in order of transmission, so that the first segment that is not lost ends the search.
    /// </summary>
    private void DetectLoss(TimeSpan now, in RttEstimator rtt)
    {
        ReorderingDeadline = TimeSpan.MaxValue;
        var window = _rack.Window(sent, recovering: !IsOpen, rtt);
        while (sent.FirstSent >= 0)
        {
            var deadline = _rack.Deadline(sent[sent.FirstSent], window);
            if (deadline > now)
            {
                ReorderingDeadline = deadline;
                return;
            }

            MarkLost(sent.FirstSent);
        }
    }

    private void MarkLost(long ordinal)
    {
        if (sent.MarkLost(ordinal))
        {
            rate.OnLost(sent[ordinal].Length);
            congestion.OnLost(sent[ordinal], rate);
        }
    }
}
