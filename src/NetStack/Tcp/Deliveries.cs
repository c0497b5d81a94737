namespace Onetun.NetStack;

/// <summary>What an ACK newly delivers, gathered segment by segment while it is processed.</summary>
internal struct Deliveries()
{
    private TimeSpan? _newestSent;

    /// <summary>Bytes newly delivered.</summary>
    public long Bytes { get; private set; }

    /// <summary>The longest payload of a segment that was delivered whole, in bytes.</summary>
    public int Longest { get; private set; }

    /// <summary>A segment was delivered that had been marked lost and never retransmitted.</summary>
    public bool HasLateOriginal { get; private set; }

    /// <summary>The first position of a duplicate that a D-SACK reported, if one did.</summary>
    public long? DuplicateStart { get; set; }

    /// <summary>A segment was delivered.</summary>
    /// <param name="segment">The segment as it was last sent.</param>
    /// <param name="payload">Its length in bytes without a FIN.</param>
    public void Add(in SentSegment segment, int payload)
    {
        Bytes += segment.Length;
        Longest = Math.Max(Longest, payload);
        HasLateOriginal |= segment.Lost && !segment.Retransmitted;
        if (!segment.Retransmitted && (_newestSent is null || segment.SentAt > _newestSent))
        {
            _newestSent = segment.SentAt; // Karn's algorithm: never of a retransmitted segment (RFC 6298 §3)
        }
    }

    /// <summary>A part of a segment was delivered, or, by a duplicate ACK, a segment of unknown position.</summary>
    public void AddPart(long bytes) => Bytes += bytes;

    /// <summary>Some of the bytes were counted before.</summary>
    public void Deduct(long bytes) => Bytes -= bytes;

    /// <summary>Karn's algorithm: the ACK of earlier arrivals may have had to wait for a retransmission (RFC 6298 §3).</summary>
    public void DiscardRoundTrip() => _newestSent = null;

    /// <summary>The round-trip time of the newest segment; null without a sample that can be trusted.</summary>
    public readonly TimeSpan? RoundTrip(TimeSpan now) => now - _newestSent;
}
