namespace Onetun.NetStack;

/// <summary>An outstanding segment: positions [Start, End), when it was last sent, and what is known of it.</summary>
internal struct SentSegment
{
    public long Start;
    public long End;
    public TimeSpan SentAt;

    /// <summary>The state of the connection when it was last sent.</summary>
    public SendSnapshot Snapshot;

    /// <summary>The ordinals of its neighbours in the order of transmission, while it is in flight.</summary>
    public long Previous;

    /// <inheritdoc cref="Previous"/>
    /// <remarks>If it is SACKed: where to continue the search for a segment that is not; all between are SACKed.</remarks>
    public long Next;

    public bool Sacked;
    public bool Lost;
    public bool Retransmitted;

    public readonly int Length => (int)(End - Start);
}
