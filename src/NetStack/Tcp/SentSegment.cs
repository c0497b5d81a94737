namespace Onetun.NetStack;

/// <summary>A segment on its way: positions [Start, End), when it was last sent, and what is known of it.</summary>
internal struct SentSegment
{
    public long Start;
    public long End;
    public TimeSpan SentAt;

    /// <summary>How things stood when it was last sent.</summary>
    public SendSnapshot Snapshot;

    /// <summary>Neighbours in the order of transmission, by ordinal; only while it may be in the network.</summary>
    public long Previous;

    /// <inheritdoc cref="Previous"/>
    /// <remarks>Of a segment reported by SACK: where to look for one that is not; everything between is reported.</remarks>
    public long Next;

    public bool Sacked;
    public bool Lost;
    public bool Retransmitted;

    public readonly int Length => (int)(End - Start);
}
