namespace Onetun.NetStack;

/// <summary>A segment on its way: positions [Start, End), when it was last sent, and what is known of it.</summary>
internal struct SentSegment
{
    public long Start;
    public long End;
    public TimeSpan SentAt;

    /// <summary>Neighbours in the order of transmission, by ordinal.</summary>
    public long Previous;

    /// <inheritdoc cref="Previous"/>
    public long Next;

    public bool Sacked;
    public bool Lost;
    public bool Retransmitted;

    public readonly int Length => (int)(End - Start);
}
