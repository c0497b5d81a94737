namespace Onetun.NetStack;

/// <summary>The order of transmission: a list through the ring, of what may be in the network.</summary>
internal sealed partial class SentSegments
{
    private const long None = -1;

    private long _firstSent = None;
    private long _lastSent = None;

    /// <summary>Ordinal of the segment in the network sent the longest ago, or -1.</summary>
    public long FirstSent => _firstSent;

    /// <summary>Splits a segment that is too long to be sent again as one (the MSS has shrunk).</summary>
    /// <remarks>Rare, so the tail is moved by one place instead of keeping a list of pieces.</remarks>
    public void Split(long ordinal, long at)
    {
        if (Tail - Head == _ring.Length)
        {
            Grow();
        }

        // links hold ordinals, and those behind the split grow by one
        foreach (ref var segment in _ring.AsSpan())
        {
            segment.Previous += segment.Previous > ordinal ? 1 : 0;
            segment.Next += segment.Next > ordinal ? 1 : 0;
        }

        _lostHint += _lostHint > ordinal ? 1 : 0;
        _firstSent += _firstSent > ordinal ? 1 : 0;
        _lastSent += _lastSent > ordinal ? 1 : 0;
        for (var i = Tail; i > ordinal + 1; i--)
        {
            this[i] = this[i - 1];
        }

        Tail++;
        ref var front = ref this[ordinal];
        ref var rest = ref this[ordinal + 1];
        rest = front;
        rest.Start = at;
        front.End = at;
        if (!front.Lost)
        {
            LinkAfter(ordinal, ordinal + 1);
        }
    }

    private void LinkLast(long ordinal)
    {
        ref var segment = ref this[ordinal];
        segment.Previous = _lastSent;
        segment.Next = None;
        if (_lastSent == None)
        {
            _firstSent = ordinal;
        }
        else
        {
            this[_lastSent].Next = ordinal;
        }

        _lastSent = ordinal;
    }

    private void LinkFirst(long ordinal)
    {
        ref var segment = ref this[ordinal];
        segment.Previous = None;
        segment.Next = _firstSent;
        if (_firstSent == None)
        {
            _lastSent = ordinal;
        }
        else
        {
            this[_firstSent].Previous = ordinal;
        }

        _firstSent = ordinal;
    }

    private void LinkAfter(long before, long ordinal)
    {
        ref var segment = ref this[ordinal];
        segment.Previous = before;
        segment.Next = this[before].Next;
        this[before].Next = ordinal;
        if (segment.Next == None)
        {
            _lastSent = ordinal;
        }
        else
        {
            this[segment.Next].Previous = ordinal;
        }
    }

    private void Unlink(long ordinal)
    {
        ref var segment = ref this[ordinal];
        if (segment.Previous == None)
        {
            _firstSent = segment.Next;
        }
        else
        {
            this[segment.Previous].Next = segment.Next;
        }

        if (segment.Next == None)
        {
            _lastSent = segment.Previous;
        }
        else
        {
            this[segment.Next].Previous = segment.Previous;
        }
    }
}
