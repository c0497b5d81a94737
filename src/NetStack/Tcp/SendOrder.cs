namespace Onetun.NetStack;

/// <summary>
/// The order of transmission: a list of the segments in flight, linked by their ordinals in a ring.
/// </summary>
internal struct SendOrder()
{
    private const long None = -1;

    private long _last = None;

    /// <summary>The ordinal of the segment in flight that was sent the longest ago; -1 if there is none.</summary>
    public long First { get; private set; } = None;

    public void AddLast(SentSegment[] ring, long ordinal) => Insert(ring, _last, ordinal, None);

    public void AddFirst(SentSegment[] ring, long ordinal) => Insert(ring, None, ordinal, First);

    public void AddAfter(SentSegment[] ring, long before, long ordinal) =>
        Insert(ring, before, ordinal, At(ring, before).Next);

    public void Remove(SentSegment[] ring, long ordinal)
    {
        ref readonly var segment = ref At(ring, ordinal);
        Link(ring, segment.Previous, segment.Next);
    }

    /// <summary>A segment is about to be inserted after the given one: the ordinals of all that follow grow by one.</summary>
    public void MakeRoom(SentSegment[] ring, long ordinal)
    {
        foreach (ref var segment in ring.AsSpan())
        {
            segment.Previous += segment.Previous > ordinal ? 1 : 0;
            segment.Next += segment.Next > ordinal ? 1 : 0;
        }

        First += First > ordinal ? 1 : 0;
        _last += _last > ordinal ? 1 : 0;
    }

    private void Insert(SentSegment[] ring, long before, long ordinal, long after)
    {
        Link(ring, before, ordinal);
        Link(ring, ordinal, after);
    }

    /// <summary>Puts one next to another; with nothing before it one is the first, with nothing after it the last.</summary>
    private void Link(SentSegment[] ring, long before, long after)
    {
        if (before == None)
        {
            First = after;
        }
        else
        {
            At(ring, before).Next = after;
        }

        if (after == None)
        {
            _last = before;
        }
        else
        {
            At(ring, after).Previous = before;
        }
    }

    private static ref SentSegment At(SentSegment[] ring, long ordinal) => ref ring[ordinal & (ring.Length - 1)];
}
