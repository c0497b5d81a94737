namespace Onetun.NetStack;

/// <summary>
/// Finds out whether a repair was needless: by the timestamp an ACK echoes (Eifel, RFC 3522), by D-SACKs for all that
/// was sent again (RFC 3708), by originals that arrive after a timeout (F-RTO, RFC 5682), or because all that was thought
/// lost arrived before any of it could be sent again.
/// </summary>
internal struct SpuriousLoss()
{
    /// <summary>Repairs whose D-SACKs are waited for; with more of them it is hardly all in vain.</summary>
    private const int MostAwaited = 64;

    // By where they begin: what the network has doubled is reported as well, and proves nothing (RFC 3708 §3)
    private readonly List<long> _awaited = [];
    private bool _active;
    private uint _stamp;
    private long _stampedEnd;
    private bool _stamped;
    private bool _repaired;
    private long _expires;

    /// <summary>A loss episode begins.</summary>
    public void Begin()
    {
        End();
        (_active, _expires) = (true, long.MaxValue);
    }

    /// <summary>It is over for loss recovery; the D-SACK of the last repair comes up to a round trip later.</summary>
    public void Expire(long next) => _expires = next;

    /// <summary>It was spurious, and is taken back.</summary>
    public void End()
    {
        _awaited.Clear();
        (_active, _stamped, _repaired) = (false, false, false);
    }

    /// <summary>A segment was sent again.</summary>
    public void OnSentAgain(in SentSegment segment, uint stamp)
    {
        if (!_active)
        {
            return;
        }

        if (_awaited.Count <= MostAwaited)
        {
            _awaited.Add(segment.Start);
        }

        if (!_repaired)
        {
            // The echo of a repair before this one would pass for that of the original
            (_repaired, _stamped, _stamp, _stampedEnd) = (true, !segment.Retransmitted, stamp, segment.End);
        }
    }

    /// <summary>Whether an ACK shows that nothing had been lost.</summary>
    /// <param name="progress">What it did.</param>
    /// <param name="una">SND.UNA after it.</param>
    /// <param name="afterTimeout">The episode began with the retransmission timer.</param>
    /// <param name="repaired">Nothing waits for its repair.</param>
    public bool IsShownBy(in AckProgress progress, long una, bool afterTimeout, bool repaired)
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
            _stamped = false; // only the first ACK of the repaired segment tells which of the two it answers
            if (progress.TimestampEcho is { } echo && (int)(echo - _stamp) < 0)
            {
                return true;
            }
        }

        if (progress.DuplicateStart is { } start && _awaited.Count <= MostAwaited && _awaited.Remove(start)
            && _awaited.Count == 0 && repaired)
        {
            return true;
        }

        // after a timeout one is enough (RFC 5682 §2 (3b), as SACK tells it)
        return progress.HasLateOriginal && (afterTimeout || (!_repaired && repaired));
    }
}
