namespace Onetun.NetStack;

/// <summary>
/// Finds what was lost by the time it was sent (RACK-TLP, RFC 8985), paces its repair (PRR, RFC 6937), and takes a
/// loss back that was none (Eifel, RFC 4015; D-SACK, RFC 3708). The window itself is <see cref="ICongestionControl"/>'s.
/// </summary>
internal sealed class LossRecovery(SentSegments sent, ICongestionControl congestion)
{
    private const int DuplicateThreshold = 3; // RFC 5681, for peers without SACK

    private Phase _phase;
    private long _recoveryPoint;
    private int _duplicates;

    // RACK (RFC 8985 §5.2): the newest transmission known to have arrived
    private TimeSpan _rackSentAt = TimeSpan.MinValue;
    private TimeSpan _rackRtt;
    private long _rackEnd;
    private long _forwardAck;
    private bool _reorderingSeen;
    private int _reorderingSteps = 1;
    private long _reorderingRound;

    // PRR (RFC 6937 §2)
    private long _prrDelivered;
    private long _prrOut;
    private long _prrFlight;

    // the first retransmission of the episode, to tell whether it was needed (RFC 3522)
    private uint _retransmissionStamp;
    private bool _retransmissionStamped;
    private long _retransmissionEnd;
    private long _undoRetransmissions;

    private enum Phase
    {
        Open,
        Recovery,
        Loss,
    }

    public bool IsOpen => _phase == Phase.Open;

    /// <summary>Segments sent again over the connection's life.</summary>
    public long Retransmissions { get; private set; }

    /// <summary>Whether <paramref name="length"/> bytes may go out now.</summary>
    public bool Allows(int length) => sent.Pipe + length <= congestion.Window || sent.Pipe == 0;

    /// <summary>A segment arrived at the peer for the first time we hear of it (RFC 8985 §6.2 steps 1 to 3).</summary>
    public void OnDelivered(TimeSpan now, in SentSegment segment, in RttEstimator rtt, in TcpOptions options, uint stampOfSegment)
    {
        var sample = now - segment.SentAt;
        if (segment.Retransmitted)
        {
            // an ACK of the original looks like a very fast one of the retransmission: do not trust it
            if ((options.HasTimestamp && (int)(options.TimestampEcho - stampOfSegment) < 0) || sample < rtt.Minimum)
            {
                return;
            }
        }
        else if (segment.End < _forwardAck)
        {
            _reorderingSeen = true;
        }

        _forwardAck = Math.Max(_forwardAck, segment.End);
        if (segment.SentAt > _rackSentAt || (segment.SentAt == _rackSentAt && segment.End > _rackEnd))
        {
            (_rackSentAt, _rackEnd, _rackRtt) = (segment.SentAt, segment.End, sample);
        }
    }

    /// <summary>An acknowledgment was taken in.</summary>
    /// <param name="now">When it arrived.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="next">SND.NXT.</param>
    /// <param name="progress">What it did.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="rtt">After its sample.</param>
    public void OnAcknowledged(
        TimeSpan now, long una, long next, in AckProgress progress, int segmentSize, in RttEstimator rtt)
    {
        if (_phase != Phase.Open && IsSpurious(una, progress))
        {
            congestion.OnSpuriousLoss();
            sent.ForgetLosses();
            Leave();
        }

        if (_phase != Phase.Open && una >= _recoveryPoint)
        {
            if (_phase == Phase.Recovery)
            {
                congestion.SetWindow(congestion.SlowStartThreshold); // RFC 6937: cwnd = ssthresh at the end
            }

            Leave();
        }

        if (progress.HasDuplicateSack && una > _reorderingRound)
        {
            _reorderingSteps = Math.Min(_reorderingSteps + 1, 16); // §6.2 step 4: one RTT, one step
            _reorderingRound = next;
        }

        if (progress.SackPermitted)
        {
            DetectLoss(now, segmentSize, rtt);
        }
        else
        {
            DetectWithoutSack(progress); // RACK would take "not reported" for "not received"
        }

        if (_phase == Phase.Open && sent.Lost > 0)
        {
            EnterRecovery(now, next, segmentSize);
        }

        switch (_phase)
        {
            case Phase.Recovery:
                PaceRepair(progress, segmentSize);
                break;
            case Phase.Loss when progress.Acknowledged > 0:
            case Phase.Open when progress.Acknowledged > 0 && progress.WindowInUse:
                congestion.OnAcknowledged(now, progress.Acknowledged, rtt);
                break;
        }
    }

    /// <summary>When reordering has had its time: until then the oldest transmissions are not called lost.</summary>
    public TimeSpan ReorderingDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>The reordering timer fired.</summary>
    public void OnReorderingTimeout(TimeSpan now, long next, int segmentSize, in RttEstimator rtt)
    {
        DetectLoss(now, segmentSize, rtt);
        if (_phase == Phase.Open && sent.Lost > 0)
        {
            EnterRecovery(now, next, segmentSize);
            PaceRepair(default, segmentSize);
        }
    }

    /// <summary>The retransmission timer fired: everything outstanding is taken for lost (RFC 6298 (5.4), RFC 8985 §6.3).</summary>
    public void OnRetransmissionTimeout(TimeSpan now, long next)
    {
        if (!sent.IsEmpty && sent[sent.Head].Sacked)
        {
            sent.ForgetSacks(); // the peer has gone back on what it reported (RFC 2018 §8)
        }

        var first = _phase != Phase.Loss;
        congestion.OnTimeout(now, sent.Pipe + sent.Lost, first);
        for (var ordinal = sent.Head; ordinal < sent.Tail; ordinal++)
        {
            sent.MarkLost(ordinal);
        }

        if (first)
        {
            (_retransmissionStamped, _undoRetransmissions) = (false, 0);
        }

        _phase = Phase.Loss;
        _recoveryPoint = next;
        _duplicates = 0;
        ReorderingDeadline = TimeSpan.MaxValue;
    }

    /// <summary>A tail loss probe turned out to have repaired a loss (RFC 8985 §7.4.2).</summary>
    public void OnProbeRepairedLoss(TimeSpan now, long flight)
    {
        if (_phase == Phase.Open)
        {
            congestion.OnLoss(now, flight);
            congestion.SetWindow(congestion.SlowStartThreshold);
        }
    }

    public void OnSent(long end, int length, bool again, uint stamp)
    {
        _prrOut += length;
        if (!again)
        {
            return;
        }

        Retransmissions++;
        _undoRetransmissions++;
        if (!_retransmissionStamped && _phase != Phase.Open)
        {
            (_retransmissionStamp, _retransmissionEnd, _retransmissionStamped) = (stamp, end, true);
        }
    }

    private bool IsSpurious(long una, in AckProgress progress)
    {
        if (_retransmissionStamped && una >= _retransmissionEnd && progress.Acknowledged > 0 && progress.HasTimestamp
            && (int)(progress.TimestampEcho - _retransmissionStamp) < 0)
        {
            return true; // RFC 3522: the ACK of the retransmitted segment answers the original
        }

        if (progress.HasDuplicateSack && _undoRetransmissions > 0)
        {
            return --_undoRetransmissions == 0 && sent.Lost == 0; // RFC 3708: every retransmission arrived twice
        }

        return false;
    }

    private void Leave()
    {
        _phase = Phase.Open;
        _duplicates = 0;
        (_retransmissionStamped, _undoRetransmissions) = (false, 0);
    }

    private void EnterRecovery(TimeSpan now, long next, int segmentSize)
    {
        _phase = Phase.Recovery;
        _recoveryPoint = next;
        _prrFlight = Math.Max(sent.Pipe + sent.Lost, segmentSize);
        (_prrDelivered, _prrOut) = (0, 0);
        (_retransmissionStamped, _undoRetransmissions) = (false, 0);
        congestion.OnLoss(now, sent.Pipe + sent.Lost);
    }

    /// <summary>RFC 6937 §3, with the slow start reduction bound.</summary>
    private void PaceRepair(in AckProgress progress, int segmentSize)
    {
        _prrDelivered += progress.Delivered;
        var threshold = congestion.SlowStartThreshold;
        long allowance;
        if (sent.Pipe > threshold)
        {
            allowance = (((_prrDelivered * threshold) + _prrFlight - 1) / _prrFlight) - _prrOut;
        }
        else
        {
            var limit = Math.Max(_prrDelivered - _prrOut, progress.Delivered) + segmentSize;
            allowance = Math.Min(threshold - sent.Pipe, limit);
        }

        allowance = Math.Max(allowance, _prrOut == 0 ? segmentSize : 0); // the first retransmission always goes
        congestion.SetWindow(sent.Pipe + allowance);
    }

    private void DetectWithoutSack(in AckProgress progress)
    {
        if (sent.IsEmpty)
        {
            return;
        }

        if (progress.IsDuplicate && ++_duplicates == DuplicateThreshold)
        {
            sent.MarkLost(sent.Head);
        }
        else if (progress.Acknowledged > 0)
        {
            _duplicates = 0;
            if (_phase == Phase.Recovery)
            {
                sent.MarkLost(sent.Head); // RFC 6582: a partial ACK shows the next hole
            }
        }
    }

    /// <summary>RFC 8985 §6.2 step 5.</summary>
    private void DetectLoss(TimeSpan now, int segmentSize, in RttEstimator rtt)
    {
        ReorderingDeadline = TimeSpan.MaxValue;
        var window = ReorderingWindow(segmentSize, rtt);
        for (var ordinal = sent.FirstSent; ordinal >= 0;)
        {
            ref var segment = ref sent[ordinal];
            var next = segment.Next;
            if (segment.SentAt > _rackSentAt || (segment.SentAt == _rackSentAt && segment.End >= _rackEnd))
            {
                break;
            }

            if (!segment.Lost)
            {
                var deadline = segment.SentAt + _rackRtt + window;
                if (deadline > now)
                {
                    ReorderingDeadline = deadline; // the list is in order of sending: the rest is later still
                    break;
                }

                sent.MarkLost(ordinal);
            }

            ordinal = next;
        }
    }

    /// <summary>RFC 8985 §6.2 step 4.</summary>
    private TimeSpan ReorderingWindow(int segmentSize, in RttEstimator rtt)
    {
        if (!_reorderingSeen && (_phase != Phase.Open || sent.Sacked >= DuplicateThreshold * (long)segmentSize))
        {
            return TimeSpan.Zero;
        }

        var window = _reorderingSteps * (rtt.Minimum / 4);
        return window < rtt.Smoothed ? window : rtt.Smoothed;
    }
}

/// <summary>What one acknowledgment did.</summary>
internal struct AckProgress
{
    /// <summary>Bytes the cumulative ACK moved.</summary>
    public long Acknowledged;

    /// <summary>Bytes newly known to have arrived, by ACK or SACK.</summary>
    public long Delivered;

    /// <summary>The window limited sending before this ACK: only then may it grow (RFC 9002 §7.8 says it best).</summary>
    public bool WindowInUse;

    /// <summary>RFC 5681 §2.</summary>
    public bool IsDuplicate;

    public bool HasDuplicateSack;
    public bool SackPermitted;
    public bool HasTimestamp;
    public uint TimestampEcho;
}
