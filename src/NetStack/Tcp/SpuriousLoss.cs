namespace Onetun.NetStack;

/// <summary>
/// Detects spurious retransmissions: by the timestamp that an ACK echoes (Eifel, RFC 3522), by D-SACKs for all that was
/// retransmitted (RFC 3708), by original segments that are SACKed after a timeout (F-RTO, RFC 5682), or because everything
/// marked lost was SACKed before any of it could be retransmitted.
/// </summary>
internal struct SpuriousLoss()
{
    /// <summary>The most retransmissions whose D-SACKs are awaited: of more than these, hardly all are spurious.</summary>
    private const int MostAwaited = 64;

    // By their first position: what the network duplicated draws D-SACKs as well, and these prove nothing (RFC 3708 §3)
    private readonly List<long> _awaited = [];
    private bool _active;
    private uint _stamp;
    private long _stampedEnd;
    private bool _stamped;
    private bool _retransmitted;
    private long _expires;

    /// <summary>A loss episode begins.</summary>
    public void Begin()
    {
        End();
        (_active, _expires) = (true, long.MaxValue);
    }

    /// <summary>Recovery is over, but the D-SACK of the last retransmission may come up to a round trip later.</summary>
    public void Expire(long next) => _expires = next;

    /// <summary>The episode was undone, or can no longer be.</summary>
    public void End()
    {
        _awaited.Clear();
        (_active, _stamped, _retransmitted) = (false, false, false);
    }

    /// <summary>A segment was retransmitted.</summary>
    public void OnRetransmitted(in SentSegment segment, uint stamp)
    {
        if (!_active)
        {
            return;
        }

        if (_awaited.Count <= MostAwaited)
        {
            _awaited.Add(segment.Start);
        }

        if (!_retransmitted)
        {
            // With an earlier retransmission, an echo of that one would be mistaken for an echo of the original
            (_retransmitted, _stamped, _stamp, _stampedEnd) = (true, !segment.Retransmitted, stamp, segment.End);
        }
    }

    /// <summary>Whether an ACK shows that the episode was spurious.</summary>
    /// <param name="progress">What the ACK did.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="afterTimeout">The episode began with a retransmission timeout.</param>
    /// <param name="nothingLost">No segment is marked lost any more.</param>
    public bool IsShownBy(in AckProgress progress, long una, bool afterTimeout, bool nothingLost)
    {
        if (!_active)
        {
            return false;
        }

        if (una > _expires)
        {
            End();
            return false;
        }

        if (_stamped && una >= _stampedEnd)
        {
            _stamped = false; // Only the first ACK of the retransmitted segment tells which transmission it answers
            if (progress.TimestampEcho is { } echo && (int)(echo - _stamp) < 0)
            {
                return true;
            }
        }

        if (progress.DuplicateStart is { } start && _awaited.Count <= MostAwaited && _awaited.Remove(start)
            && _awaited.Count == 0 && nothingLost)
        {
            return true;
        }

        // After a timeout one original is enough (SACK-enhanced F-RTO, RFC 5682 §3)
        return progress.HasLateOriginal && (afterTimeout || (!_retransmitted && nothingLost));
    }
}
