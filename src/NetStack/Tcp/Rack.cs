namespace Onetun.NetStack;

/// <summary>
/// Tells lost from late by time: what was sent well before something that has arrived is lost (RFC 8985 §6.2).
/// </summary>
internal struct Rack()
{
    /// <summary>RFC 8985 §6.2 step 4: a widened window outlives this many recoveries.</summary>
    private const int Persistence = 16;

    /// <summary>Segments reported beyond a gap after which reordering has had its chance (RFC 5681).</summary>
    public const int DuplicateThreshold = 3;

    // RACK.xmit_ts, RACK.end_seq, RACK.rtt: the newest transmission known to have arrived
    private TimeSpan _sentAt = TimeSpan.MinValue;
    private long _end;
    private TimeSpan _rtt;
    private long _forwardAck; // RACK.fack
    private bool _reorderingSeen;
    private int _steps = 1; // RACK.reo_wnd_mult
    private int _persist; // RACK.reo_wnd_persist
    private long _duplicateRound; // RACK.dsack_round

    /// <summary>Steps 1 to 3: a segment arrived.</summary>
    /// <param name="now">When its ACK came.</param>
    /// <param name="segment">As it was last sent.</param>
    /// <param name="rtt">Before this ACK's sample.</param>
    /// <param name="options">Of the ACK.</param>
    /// <param name="stamp">Our timestamp when the segment was last sent.</param>
    public void OnDelivered(
        TimeSpan now, in SentSegment segment, in RttEstimator rtt, in TcpHeaderOptions options, uint stamp)
    {
        var sample = now - segment.SentAt;
        if (segment.Retransmitted)
        {
            // an ACK of the original looks like a very fast one of the retransmission: do not trust it
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
    /// Step 4: a D-SACK says that we were too quick; at most once a round trip the window gets wider. It also tells of
    /// reordering that the RFC does not see: of what was sent again before it came, late, in its first copy.
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

    /// <summary>Step 4: recovery ended, and the window may get narrower again.</summary>
    public void OnRecovered()
    {
        if (--_persist <= 0)
        {
            (_persist, _steps) = (0, 1);
        }
    }

    /// <summary>Step 4: RACK.reo_wnd, what a segment may be late by.</summary>
    public readonly TimeSpan Window(SentSegments sent, bool recovering, in RttEstimator rtt)
    {
        if (!_reorderingSeen && (recovering || sent.SackedCount >= DuplicateThreshold))
        {
            return TimeSpan.Zero;
        }

        var window = _steps * (rtt.Minimum / 4);
        return window < rtt.Smoothed ? window : rtt.Smoothed;
    }

    /// <summary>Step 5: when a segment counts as lost; never, if nothing sent after it has arrived.</summary>
    public readonly TimeSpan Deadline(in SentSegment segment, TimeSpan window) =>
        segment.SentAt < _sentAt || (segment.SentAt == _sentAt && segment.End < _end)
            ? segment.SentAt + _rtt + window
            : TimeSpan.MaxValue;

    /// <summary>RFC 8985 §6.3: whether a segment is old enough to be lost when the retransmission timer fires.</summary>
    public readonly bool IsOverdue(TimeSpan now, in SentSegment segment, TimeSpan window, in RttEstimator rtt) =>
        segment.SentAt + (_rtt > TimeSpan.Zero ? _rtt : rtt.Smoothed) + window <= now;
}
