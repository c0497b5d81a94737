using System.Diagnostics;

namespace Onetun.NetStack;

/// <summary>
/// What is sent and not yet acknowledged, segment by segment: the retransmission queue of RFC 9293 and the scoreboard
/// of RFC 6675 in one. Segments have ordinals; they are kept in stream order in a ring, and linked in the order of
/// their latest transmission, which is the order RACK looks at them (RFC 8985 §6.2).
/// </summary>
internal sealed class SentSegments
{
    private const long None = -1;

    private SentSegment[] _ring = [];
    private long _firstSent = None;
    private long _lastSent = None;
    private long _lostHint;

    /// <summary>Ordinal of the oldest segment.</summary>
    public long Head { get; private set; }

    /// <summary>Ordinal the next segment will have.</summary>
    public long Tail { get; private set; }

    public bool IsEmpty => Head == Tail;

    /// <summary>Bytes in the network: neither acknowledged nor thought lost (RFC 6675's pipe).</summary>
    public long Pipe { get; private set; }

    /// <summary>Bytes marked lost and not yet sent again.</summary>
    public long Lost { get; private set; }

    /// <summary>Bytes reported by SACK.</summary>
    public long Sacked { get; private set; }

    public ref SentSegment this[long ordinal] => ref _ring[ordinal & (_ring.Length - 1)];

    /// <summary>Ordinal of the segment sent the longest ago, or -1.</summary>
    public long FirstSent => _firstSent;

    public void Add(long start, int length, TimeSpan now)
    {
        if (Tail - Head == _ring.Length)
        {
            Grow();
        }

        this[Tail] = new SentSegment { Start = start, End = start + length, SentAt = now };
        Pipe += length;
        LinkLast(Tail++);
    }

    /// <summary>A segment was sent again.</summary>
    public void SentAgain(long ordinal, TimeSpan now)
    {
        ref var segment = ref this[ordinal];
        if (segment.Lost)
        {
            segment.Lost = false;
            Lost -= segment.Length;
            Pipe += segment.Length;
        }

        segment.Retransmitted = true;
        segment.SentAt = now;
        Unlink(ordinal);
        LinkLast(ordinal);
    }

    public void MarkLost(long ordinal)
    {
        ref var segment = ref this[ordinal];
        if (segment.Lost || segment.Sacked)
        {
            return;
        }

        segment.Lost = true;
        _lostHint = Math.Min(_lostHint, ordinal);
        Lost += segment.Length;
        Pipe -= segment.Length;
    }

    /// <summary>Nothing is thought lost any more.</summary>
    public void ForgetLosses()
    {
        for (var ordinal = Head; ordinal < Tail && Lost > 0; ordinal++)
        {
            ref var segment = ref this[ordinal];
            if (segment.Lost)
            {
                segment.Lost = false;
                Lost -= segment.Length;
                Pipe += segment.Length;
            }
        }
    }

    /// <summary>Ordinal of the lost segment that is first in the stream; there must be one.</summary>
    public long FirstLost()
    {
        _lostHint = Math.Max(_lostHint, Head);
        while (!this[_lostHint].Lost)
        {
            _lostHint++;
        }

        return _lostHint;
    }

    /// <summary>A SACK block covers the segment; false when one did already.</summary>
    public bool MarkSacked(long ordinal)
    {
        ref var segment = ref this[ordinal];
        if (segment.Sacked)
        {
            return false;
        }

        if (segment.Lost)
        {
            segment.Lost = false;
            Lost -= segment.Length;
        }
        else
        {
            Pipe -= segment.Length;
        }

        segment.Sacked = true;
        Sacked += segment.Length;
        Unlink(ordinal);
        return true;
    }

    /// <summary>The peer may have dropped what it reported (RFC 2018 §8): nothing counts as received any more.</summary>
    public void ForgetSacks()
    {
        for (var ordinal = Head; ordinal < Tail; ordinal++)
        {
            ref var segment = ref this[ordinal];
            if (segment.Sacked)
            {
                segment.Sacked = false;
                Sacked -= segment.Length;
                Pipe += segment.Length;
                LinkLast(ordinal);
            }
        }
    }

    /// <summary>The cumulative ACK passed the oldest segment.</summary>
    public void RemoveHead()
    {
        ref var segment = ref this[Head];
        if (segment.Sacked)
        {
            Sacked -= segment.Length;
        }
        else
        {
            if (segment.Lost)
            {
                Lost -= segment.Length;
            }
            else
            {
                Pipe -= segment.Length;
            }

            Unlink(Head);
        }

        Head++;
    }

    /// <summary>Gives back the ring of a connection that has fallen idle.</summary>
    public void Trim()
    {
        if (IsEmpty)
        {
            _ring = [];
        }
    }

    /// <summary>The cumulative ACK went into the oldest segment: only its rest is outstanding.</summary>
    public void TrimHead(long start)
    {
        ref var segment = ref this[Head];
        var acknowledged = start - segment.Start;
        Debug.Assert(acknowledged > 0 && start < segment.End);
        if (segment.Sacked)
        {
            Sacked -= acknowledged;
        }
        else if (segment.Lost)
        {
            Lost -= acknowledged;
        }
        else
        {
            Pipe -= acknowledged;
        }

        segment.Start = start;
    }

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
        if (!front.Sacked)
        {
            LinkAfter(ordinal, ordinal + 1);
        }
    }

    /// <summary>Ordinal of the first segment that starts at or after a position.</summary>
    public long FindFrom(long position)
    {
        var low = Head;
        var high = Tail;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (this[middle].Start < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    public void Clear()
    {
        _ring = [];
        Head = Tail;
        (Pipe, Lost, Sacked, _firstSent, _lastSent) = (0, 0, 0, None, None);
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

    private void Grow()
    {
        var grown = new SentSegment[Math.Max(8, _ring.Length * 2)];
        for (var ordinal = Head; ordinal < Tail; ordinal++)
        {
            grown[ordinal & (grown.Length - 1)] = this[ordinal];
        }

        _ring = grown;
    }
}
