namespace Onetun.NetStack;

/// <summary>What gathers while an acknowledgment is taken in, segment by segment.</summary>
internal struct Arrivals()
{
    private TimeSpan? _newestSent;

    /// <summary>Bytes newly known to have arrived.</summary>
    public long Bytes { get; private set; }

    /// <summary>The longest segment that arrived whole, without a FIN.</summary>
    public int Longest { get; private set; }

    /// <summary>Something arrived that was thought lost and was never sent again.</summary>
    public bool HasLateOriginal { get; private set; }

    /// <summary>Where what arrived twice begins, if something did.</summary>
    public long? DuplicateStart { get; set; }

    /// <summary>A segment arrived.</summary>
    /// <param name="segment">As it was last sent.</param>
    /// <param name="payload">Of its bytes, those that are no FIN.</param>
    public void Add(in SentSegment segment, int payload)
    {
        Bytes += segment.Length;
        Longest = Math.Max(Longest, payload);
        HasLateOriginal |= segment.Lost && !segment.Retransmitted;
        if (!segment.Retransmitted && (_newestSent is null || segment.SentAt > _newestSent))
        {
            _newestSent = segment.SentAt; // Karn: never from what was sent twice (RFC 6298 §3)
        }
    }

    /// <summary>A part of a segment arrived, or something of which it is not known where it belongs.</summary>
    public void AddPart(long bytes) => Bytes += bytes;

    /// <summary>So much of it was counted before.</summary>
    public void TakeBack(long bytes) => Bytes -= bytes;

    /// <summary>Karn: what came long before may have waited for a repair (RFC 6298 §3).</summary>
    public void DistrustTimes() => _newestSent = null;

    /// <summary>The round trip of the newest segment; null if none can be trusted.</summary>
    public readonly TimeSpan? RoundTrip(TimeSpan now) => now - _newestSent;
}
