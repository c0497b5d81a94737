namespace Onetun.NetStack;

/// <summary>
/// The order of transmission: a list of what may be in the network, linked through the segments of a ring by their ordinals.
/// </summary>
internal struct SendOrder()
{
    private const long None = -1;

    private long _last = None;

    /// <summary>Ordinal of the segment in the network sent the longest ago, or -1.</summary>
    public long First { get; private set; } = None;

    public void AddLast(SentSegment[] ring, long ordinal)
    {
        ref var segment = ref At(ring, ordinal);
        segment.Previous = _last;
        segment.Next = None;
        if (_last == None)
        {
            First = ordinal;
        }
        else
        {
            At(ring, _last).Next = ordinal;
        }

        _last = ordinal;
    }

    public void AddFirst(SentSegment[] ring, long ordinal)
    {
        ref var segment = ref At(ring, ordinal);
        segment.Previous = None;
        segment.Next = First;
        if (First == None)
        {
            _last = ordinal;
        }
        else
        {
            At(ring, First).Previous = ordinal;
        }

        First = ordinal;
    }

    public void AddAfter(SentSegment[] ring, long before, long ordinal)
    {
        ref var segment = ref At(ring, ordinal);
        segment.Previous = before;
        segment.Next = At(ring, before).Next;
        At(ring, before).Next = ordinal;
        if (segment.Next == None)
        {
            _last = ordinal;
        }
        else
        {
            At(ring, segment.Next).Previous = ordinal;
        }
    }

    public void Remove(SentSegment[] ring, long ordinal)
    {
        ref var segment = ref At(ring, ordinal);
        if (segment.Previous == None)
        {
            First = segment.Next;
        }
        else
        {
            At(ring, segment.Previous).Next = segment.Next;
        }

        if (segment.Next == None)
        {
            _last = segment.Previous;
        }
        else
        {
            At(ring, segment.Next).Previous = segment.Previous;
        }
    }

    /// <summary>A segment is about to be put in behind one: the ordinals of all that follow grow by one.</summary>
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

    private static ref SentSegment At(SentSegment[] ring, long ordinal) => ref ring[ordinal & (ring.Length - 1)];
}
