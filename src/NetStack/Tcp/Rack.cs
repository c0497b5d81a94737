namespace Onetun.NetStack;

/// <summary>
/// Detects losses by time: a segment sent well before one that was delivered is lost (RACK, RFC 8985 §6.2).
/// </summary>
internal struct Rack()
{
    /// <summary>RFC 8985 §6.2 step 4: the recoveries for which a widened reordering window lasts.</summary>
    private const int Persistence = 16;

    /// <summary>DupThresh: the segments SACKed beyond a gap, or duplicate ACKs, that show a loss (RFC 5681).</summary>
    public const int DuplicateThreshold = 3;

    // RACK.xmit_ts, RACK.end_seq and RACK.rtt: the most recently sent segment that was delivered
    private TimeSpan _sentAt = TimeSpan.MinValue;
    private long _end;
    private TimeSpan _rtt;
    private long _forwardAck; // RACK.fack
    private bool _reorderingSeen;
    private int _steps = 1; // RACK.reo_wnd_mult
    private int _persist; // RACK.reo_wnd_persist
    private long _duplicateRound; // RACK.dsack_round

    /// <summary>Steps 1 to 3: a segment was delivered.</summary>
    /// <param name="now">When its ACK arrived.</param>
    /// <param name="segment">The segment as it was last sent.</param>
    /// <param name="rtt">The estimate before this ACK's sample.</param>
    /// <param name="options">The options of the ACK.</param>
    /// <param name="stamp">Our timestamp when the segment was last sent.</param>
    public void OnDelivered(
        TimeSpan now, in SentSegment segment, in RttEstimator rtt, in TcpHeaderOptions options, uint stamp)
    {
        var sample = now - segment.SentAt;
        if (segment.Retransmitted)
        {
            // What looks like a very fast ACK of the retransmission is one of the original
            if ((options.HasTimestamp && (int)(options.TimestampEcho - stamp) < 0) || sample < rtt.Minimum)
            {
                return;
            }
        }
        else if (segment.End < _forwardAck)
        {
            _reorderingSeen = true;
        }

        _forwardAck = Math.Max(_forwardAck, segment.End);
        if (segment.SentAt > _sentAt || (segment.SentAt == _sentAt && segment.End > _end))
        {
            (_sentAt, _end, _rtt) = (segment.SentAt, segment.End, sample);
        }
    }

    /// <summary>
    /// Step 4: a D-SACK shows a spurious retransmission and widens the reordering window, at most once per round trip. It also
    /// shows reordering that the RFC does not see: the original came after all, but after it was retransmitted.
    /// </summary>
    public void OnDuplicateSack(long una, long next)
    {
        _reorderingSeen = true;
        if (una >= _duplicateRound)
        {
            (_duplicateRound, _persist) = (next, Persistence);
            _steps++;
        }
    }

    /// <summary>Step 4: recovery ended, and the reordering window may narrow again.</summary>
    public void OnRecovered()
    {
        if (--_persist <= 0)
        {
            (_persist, _steps) = (0, 1);
        }
    }

    /// <summary>Step 4: RACK.reo_wnd, the reordering window.</summary>
    public readonly TimeSpan Window(SentSegments sent, bool recovering, in RttEstimator rtt)
    {
        if (!_reorderingSeen && (recovering || sent.SackedCount >= DuplicateThreshold))
        {
            return TimeSpan.Zero;
        }

        var window = _steps * (rtt.Minimum / 4);
        return window < rtt.Smoothed ? window : rtt.Smoothed;
    }

    /// <summary>Step 5: when a segment counts as lost; never if nothing sent after it was delivered.</summary>
    public readonly TimeSpan Deadline(in SentSegment segment, TimeSpan window) =>
        segment.SentAt < _sentAt || (segment.SentAt == _sentAt && segment.End < _end)
            ? segment.SentAt + _rtt + window
            : TimeSpan.MaxValue;

    /// <summary>RFC 8985 §6.3: whether a segment is old enough to be lost when the retransmission timer expires.</summary>
    public readonly bool IsOverdue(TimeSpan now, in SentSegment segment, TimeSpan window, in RttEstimator rtt) =>
        segment.SentAt + (_rtt > TimeSpan.Zero ? _rtt : rtt.Smoothed) + window <= now;
}
