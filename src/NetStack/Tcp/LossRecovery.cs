namespace Onetun.NetStack;

/// <summary>
/// Finds what was lost (RACK, RFC 8985; three duplicates for peers without SACK, RFC 6582), keeps the episodes of
/// repair, and takes back those that were needless. The window itself is <see cref="ICongestionControl"/>'s.
/// </summary>
internal sealed class LossRecovery(SentSegments sent, ICongestionControl congestion, DeliveryRate rate)
{
    private Phase _phase;
    private long _recoveryPoint;
    private long _reducedUntil; // SND.NXT when the window last shrank: what was on its way then asks for no more
    private bool _reductionIsNews;
    private int _duplicates;
    private int _partials;
    private Rack _rack = new();
    private ProportionalRate _pace;
    private SpuriousLoss _spurious = new();
    private bool _afterTimeout;
    private TimeoutTest _test = new();
    private long _duplicateSacks;

    private enum Phase
    {
        Open,

        /// <summary>The window shrinks because of a mark, and nothing is lost (Linux: CWR).</summary>
        Reduction,
        Recovery,
        Loss,
    }

    /// <summary>Nothing is being repaired.</summary>
    public bool IsOpen => _phase is Phase.Open or Phase.Reduction;

    /// <summary>
    /// The timer runs on from the first partial ACK (RFC 6582 §3.2 step 3): without SACK a recovery repairs one segment a round
    /// trip, and where many were lost the slow start behind a timeout is sooner done (392 holes: 8 s against 44 s).
    /// </summary>
    public bool IsImpatient => _phase == Phase.Recovery && _partials > 1;

    /// <summary>Segments sent again over the connection's life.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>How often marks shrank the window.</summary>
    public long MarkReductions { get; private set; }

    /// <summary>When reordering has had its time: until then the oldest transmissions are not called lost.</summary>
    public TimeSpan ReorderingDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Whether something new is to go out before repairs.</summary>
    public bool WantsNew => _test.WantsNew;

    /// <summary>Whether <paramref name="length"/> bytes may go out now; duplicates release them before recovery too (RFC 3042).</summary>
    public bool Allows(int length) => sent.Pipe + length <= congestion.Window || sent.Pipe == 0;

    /// <summary>Whether a duplicate tells of something that arrived; after a timeout it may be of what was sent in vain.</summary>
    public bool BelievesDuplicates(long next) => _phase != Phase.Loss || next > _recoveryPoint;

    /// <inheritdoc cref="Rack.OnDelivered"/>
    public void OnDelivered(
        TimeSpan now, in SentSegment segment, in RttEstimator rtt, in TcpHeaderOptions options, uint stamp) =>
        _rack.OnDelivered(now, segment, rtt, options, stamp);

    /// <summary>An acknowledgment was taken in: what it shows of losses, and what the window is after it.</summary>
    /// <param name="now">When it arrived.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="next">SND.NXT.</param>
    /// <param name="progress">What it did.</param>
    /// <param name="segmentSize">Of full segments.</param>
    /// <param name="rtt">After its sample.</param>
    public void OnAcknowledged(
        TimeSpan now, long una, long next, in AckProgress progress, int segmentSize, in RttEstimator rtt)
    {
        TakeBack(una, next, progress);
        var growth = Growth(progress, segmentSize);
        if (_phase == Phase.Reduction && una >= _reducedUntil)
        {
            congestion.OnRecovered();
            _phase = Phase.Open;
        }

        if (!IsOpen && una >= _recoveryPoint)
        {
            if (_phase == Phase.Recovery || congestion.IsModelBased)
            {
                congestion.OnRecovered(); // after a timeout slow start is on its way to ssthresh (RFC 5681 §3.1)
            }

            _rack.OnRecovered();
            Leave(next);
        }

        // More of them than were sent again are the network's own, and say nothing of our haste (RFC 3708 §3)
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
            DetectWithoutSack(progress, una); // RACK would take "not reported" for "not received"
        }

        if (IsOpen && sent.Lost > 0)
        {
            EnterRecovery(now, next);
        }
        else if (progress.TellsOfMark && _phase == Phase.Open && una > _reducedUntil)
        {
            EnterReduction(now, una, next, progress.FlightBefore);
        }

        var sample = new AckSample
        {
            Now = now,
            NewlyDelivered = progress.Delivered,
            Growth = growth,
            Flight = sent.Pipe,
            IsWindowLimited = progress.WindowInUse,
            Rtt = progress.Rtt,
            SackPermitted = progress.SackPermitted,
            Rate = rate.EndSample(rtt.Minimum),
        };
        UpdateWindow(sample, safe: progress.Acknowledged > 0 && rate.Lost == before, segmentSize, rtt);
    }

    /// <summary>The reordering timer fired.</summary>
    public void OnReorderingTimeout(TimeSpan now, long next, int segmentSize, in RttEstimator rtt)
    {
        DetectLoss(now, rtt);
        if (IsOpen && sent.Lost > 0)
        {
            EnterRecovery(now, next);
            UpdateWindow(new AckSample { Now = now, Flight = sent.Pipe }, safe: false, segmentSize, rtt);
        }
    }

    /// <summary>The retransmission timer fired: all that is old enough counts as lost (RFC 6298 (5.4), RFC 8985 §6.3).</summary>
    public void OnRetransmissionTimeout(
        TimeSpan now, long next, int segmentSize, bool sackPermitted, in RttEstimator rtt)
    {
        if (!sent.IsEmpty && sent[sent.Head].Sacked)
        {
            sent.ForgetSacks(); // the peer has gone back on what it reported (RFC 2018 §8)
        }

        var first = _phase != Phase.Loss;
        congestion.OnTimeout(now, sent.Pipe + sent.Lost, first);
        OnReduced(next);
        if (first)
        {
            _spurious.Begin();
        }

        _test = first && !sackPermitted ? TimeoutTest.Begin(sent[sent.Head].End) : new TimeoutTest();
        (_phase, _afterTimeout, _recoveryPoint, _duplicates) = (Phase.Loss, true, next, 0);
        ReorderingDeadline = TimeSpan.MaxValue;
        sent.ForgetTold();
        MarkLost(sent.Head);
        var window = _rack.Window(sent, recovering: true, rtt);
        while (sent.FirstSent >= 0
            && (!sackPermitted || _rack.IsOverdue(now, sent[sent.FirstSent], window, rtt)))
        {
            MarkLost(sent.FirstSent);
        }

        congestion.SetWindow(sent.Pipe + segmentSize); // RFC 5681 (4): one segment, beyond what may yet arrive
    }

    /// <summary>What is longer than the path takes goes out again in pieces; that is no sign of congestion (RFC 1191 §6.4).</summary>
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

    /// <summary>A tail loss probe turned out to have repaired a loss (RFC 8985 §7.4.2).</summary>
    public void OnProbeRepairedLoss(TimeSpan now, long next, long flight)
    {
        if (_phase == Phase.Open)
        {
            congestion.OnLoss(now, flight);
            OnReduced(next);
            congestion.OnRecovered();
        }
    }

    /// <summary>Whether the window has shrunk, for whatever reason, since this was last asked (CWR, RFC 3168 §6.1.2).</summary>
    public bool TakeReduction()
    {
        var news = _reductionIsNews;
        _reductionIsNews = false;
        return news;
    }

    public void OnSent(int length) => _pace.OnSent(length);

    /// <summary>A segment goes out again.</summary>
    /// <param name="segment">As it was last sent.</param>
    /// <param name="stamp">Our timestamp in it.</param>
    public void OnSentAgain(in SentSegment segment, uint stamp)
    {
        OnSent(segment.Length);
        Retransmissions++;
        _spurious.OnSentAgain(segment, stamp);
        _test.OnSentAgain(segment.End);
    }

    /// <summary>What turns out to have been for nothing is taken back, unless a mark asks for it as well.</summary>
    private void TakeBack(long una, long next, in AckProgress progress)
    {
        if (progress.TellsOfMark)
        {
            _spurious.End();
            _test = new TimeoutTest();
        }

        if (_spurious.IsShownBy(progress, una, _afterTimeout, repaired: sent.Lost == 0) || _test.IsPassedBy(progress, una, _recoveryPoint))
        {
            congestion.OnSpuriousLoss();
            sent.ForgetLosses();
            _spurious.End();
            _recoveryPoint = una - 1; // too little was sent in vain for three duplicates: they count again
            _reductionIsNews = false;
            Leave(next);
        }
    }

    /// <summary>
    /// After a timeout an ACK may leap over much that arrived before, above all the one that ends the episode: that earns nothing
    /// (RFC 3465 §2.3). Nor does one that tells of a mark (RFC 3168 §6.1.2), unless repairs wait for it.
    /// </summary>
    private long Growth(in AckProgress progress, int segmentSize) =>
        !progress.WindowInUse || (progress.TellsOfMark && _phase != Phase.Loss) ? 0
        : _phase != Phase.Loss ? progress.Acknowledged
        : Math.Min(progress.Acknowledged, progress.SackPermitted ? progress.Delivered : segmentSize);

    private void UpdateWindow(in AckSample sample, bool safe, int segmentSize, in RttEstimator rtt)
    {
        if (_phase is not (Phase.Recovery or Phase.Reduction) || congestion.IsModelBased)
        {
            congestion.OnAcknowledged(sample, rtt);
            return;
        }

        congestion.SetWindow(_pace.OnAcknowledged(
            sample.NewlyDelivered, safe, sample.Flight, congestion.SlowStartThreshold, segmentSize));
    }

    private void Leave(long next)
    {
        _phase = Phase.Open;
        _duplicates = 0;
        _test = new TimeoutTest();
        sent.ForgetTold();
        _spurious.Expire(next);
    }

    private void EnterRecovery(TimeSpan now, long next)
    {
        if (_phase == Phase.Reduction)
        {
            // of a window that shrinks already: once is enough (RFC 3168 §6.1.2)
            (_phase, _afterTimeout, _recoveryPoint, _partials) = (Phase.Recovery, false, _reducedUntil, 0);
            return;
        }

        (_phase, _afterTimeout, _recoveryPoint, _partials) = (Phase.Recovery, false, next, 0);
        _pace.Begin(sent.Pipe + sent.Lost);
        _spurious.Begin();
        congestion.OnLoss(now, sent.Pipe + sent.Lost);
        OnReduced(next);
    }

    /// <summary>
    /// RFC 3168 §6.1.2: as for a loss, but nothing is sent again. That a window of one segment waits for the timer does not
    /// come up: none shrinks below two, as in Linux.
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
        _pace.Begin(flight);
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
                MarkLost(sent.Head); // RFC 6582 §3.2 step 3: a partial ACK shows the next hole
            }
        }
        else if (progress.IsDuplicate && ++_duplicates == Rack.DuplicateThreshold && una > _recoveryPoint)
        {
            // Step 1: below, duplicates may be of what the last episode sent in vain
            MarkLost(sent.Head);
        }
    }

    /// <summary>RFC 8985 §6.2 step 5: in order of sending, so that the first that is not lost ends the search.</summary>
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
