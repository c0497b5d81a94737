namespace Onetun.NetStack;

/// <summary>
/// Finds out whether a repair was needless: by the timestamp an ACK echoes (Eifel, RFC 3522), by D-SACKs for all that
/// was sent again (RFC 3708), by originals that arrive after a timeout (F-RTO, RFC 5682), or because all that was thought
/// lost arrived before any of it could be sent again.
/// </summary>
internal struct SpuriousLoss
{
    private bool _active;
    private long _start;
    private uint _stamp;
    private long _stampedEnd;
    private bool _stamped;
    private bool _repaired;
    private long _unanswered; // retransmissions whose D-SACK has not come
    private long _expires;

    /// <summary>A loss episode begins at SND.UNA.</summary>
    public void Begin(long una) => this = new SpuriousLoss { _active = true, _start = una, _expires = long.MaxValue };

    /// <summary>It is over for loss recovery; the D-SACK of the last repair comes up to a round trip later.</summary>
    public void Expire(long next) => _expires = next;

    /// <summary>It was spurious, and is taken back.</summary>
    public void End() => this = default;

    /// <summary>A segment that ends there was sent again.</summary>
    public void OnSentAgain(long end, uint stamp)
    {
        if (!_active)
        {
            return;
        }

        _unanswered++;
        if (!_repaired)
        {
            (_repaired, _stamped, _stamp, _stampedEnd) = (true, true, stamp, end);
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
            this = default;
            return false;
        }

        if (_stamped && una >= _stampedEnd)
        {
            _stamped = false; // only the first ACK of the repaired segment tells which of the two it answers
            if (progress.HasTimestamp && (int)(progress.TimestampEcho - _stamp) < 0)
            {
                return true;
            }
        }

        if (progress.HasDuplicateSack && progress.DuplicateStart >= _start && _unanswered > 0
            && --_unanswered == 0 && repaired)
        {
            return true;
        }

        // after a timeout one is enough (RFC 5682 §2 (3b), as SACK tells it)
        return progress.HasLateOriginal && (afterTimeout || (!_repaired && repaired));
    }
}
