namespace Onetun.NetStack;

/// <summary>
/// The outstanding segments: the retransmission queue of RFC 9293 and the scoreboard of RFC 6675 in one. Segments are kept in
/// stream order in a ring, by their ordinals, and those in flight also in the order of their latest transmission, for RACK
/// (RFC 8985 §6.2).
/// </summary>
internal sealed class SentSegments
{
    private SentSegment[] _ring = [];
    private SendOrder _order = new();
    private long _lostHint;
    private long _inFlight; // Neither acknowledged, SACKed nor marked lost
    private long _credited; // Bytes of these that duplicate ACKs show to have arrived, though not which

    /// <summary>The ordinal of the oldest segment.</summary>
    public long Head { get; private set; }

    /// <summary>The ordinal that the next segment will have.</summary>
    public long Tail { get; private set; }

    public bool IsEmpty => Head == Tail;

    /// <summary>Bytes in flight: neither acknowledged nor marked lost (RFC 6675's pipe), nor counted by duplicate ACKs.</summary>
    public long Pipe => _inFlight - _credited;

    /// <summary>Bytes marked lost and not yet retransmitted.</summary>
    public long Lost { get; private set; }

    /// <summary>Bytes SACKed.</summary>
    public long Sacked { get; private set; }

    /// <summary>Segments SACKed.</summary>
    public int SackedCount { get; private set; }

    /// <inheritdoc cref="SendOrder.First"/>
    public long FirstSent => _order.First;

    public ref SentSegment this[long ordinal] => ref _ring[ordinal & (_ring.Length - 1)];

    public void Add(long start, int length, TimeSpan now, in SendSnapshot snapshot)
    {
        if (Tail - Head == _ring.Length)
        {
            Grow();
        }

        this[Tail] = new SentSegment { Start = start, End = start + length, SentAt = now, Snapshot = snapshot };
        _inFlight += length;
        _order.AddLast(_ring, Tail++);
    }

    /// <summary>A segment was retransmitted.</summary>
    public void OnRetransmitted(long ordinal, TimeSpan now, in SendSnapshot snapshot)
    {
        ref var segment = ref this[ordinal];
        Invariant.Holds(!segment.Sacked);
        if (segment.Lost)
        {
            segment.Lost = false;
            Lost -= segment.Length;
            _inFlight += segment.Length;
        }
        else
        {
            _order.Remove(_ring, ordinal);
        }

        segment.Retransmitted = true;
        segment.SentAt = now;
        segment.Snapshot = snapshot;
        _order.AddLast(_ring, ordinal);
    }

    /// <summary>A segment is lost; false if it was marked lost, or SACKed, before.</summary>
    public bool MarkLost(long ordinal)
    {
        ref var segment = ref this[ordinal];
        if (segment.Lost || segment.Sacked)
        {
            return false;
        }

        segment.Lost = true;
        _lostHint = Math.Min(_lostHint, ordinal);
        Lost += segment.Length;
        Leave(segment.Length);
        _order.Remove(_ring, ordinal);
        return true;
    }

    /// <summary>The losses were spurious: no segment is marked lost any more.</summary>
    public void ForgetLosses()
    {
        for (var ordinal = Tail - 1; ordinal >= Head && Lost > 0; ordinal--)
        {
            ref var segment = ref this[ordinal];
            if (segment.Lost)
            {
                segment.Lost = false;
                Lost -= segment.Length;
                _inFlight += segment.Length;
                _order.AddFirst(_ring, ordinal); // All lost segments were sent before those in flight
            }
        }
    }

    /// <summary>The ordinal of the lost segment that is first in the stream; there must be one.</summary>
    public long FirstLost()
    {
        _lostHint = Math.Max(_lostHint, Head);
        while (!this[_lostHint].Lost)
        {
            _lostHint++;
        }

        return _lostHint;
    }

    /// <summary>A SACK block covers a segment that none covered before.</summary>
    public void MarkSacked(long ordinal)
    {
        ref var segment = ref this[ordinal];
        Invariant.Holds(!segment.Sacked);
        if (segment.Lost)
        {
            segment.Lost = false;
            Lost -= segment.Length;
        }
        else
        {
            Leave(segment.Length);
            _order.Remove(_ring, ordinal);
        }

        segment.Sacked = true;
        segment.Next = ordinal + 1;
        Sacked += segment.Length;
        SackedCount++;
    }

    /// <summary>The first segment from an ordinal on that is not SACKed, or the tail.</summary>
    /// <remarks>
    /// Every ACK in a large window repeats blocks of thousands of segments. Each walk along them shortens the next one (path
    /// halving), so that the cost of an ACK depends only on what is new in it.
    /// </remarks>
    public long SkipSacked(long ordinal)
    {
        while (ordinal < Tail && this[ordinal].Sacked)
        {
            ref var segment = ref this[ordinal];
            if (segment.Next < Tail && this[segment.Next].Sacked)
            {
                segment.Next = this[segment.Next].Next;
            }

            ordinal = segment.Next;
        }

        return ordinal;
    }

    /// <summary>The peer has reneged (RFC 2018 §8): no segment counts as SACKed any more.</summary>
    public void ForgetSacks()
    {
        for (var ordinal = Head; ordinal < Tail; ordinal++)
        {
            ref var segment = ref this[ordinal];
            if (segment.Sacked)
            {
                segment.Sacked = false;
                _inFlight += segment.Length;
                _order.AddLast(_ring, ordinal);
            }
        }

        (Sacked, SackedCount) = (0, 0);
    }

    /// <summary>A duplicate ACK of a peer without SACK: another segment after the oldest has arrived (RFC 6582 §3.2).</summary>
    /// <returns>The bytes newly delivered.</returns>
    public long CreditDuplicate(int length)
    {
        var news = Math.Min(length, Pipe);
        _credited += news;
        return news;
    }

    /// <summary>The segments that duplicate ACKs counted no longer count.</summary>
    public void ForgetCredit() => _credited = 0;

    /// <summary>The cumulative ACK covers segments that duplicate ACKs counted: the bytes that are not newly delivered.</summary>
    public long TakeCredit(long acknowledged)
    {
        var credited = Math.Min(_credited, acknowledged);
        _credited -= credited;
        return credited;
    }

    /// <summary>The cumulative ACK covers the oldest segment.</summary>
    public void RemoveHead()
    {
        ref readonly var segment = ref this[Head];
        Deduct(segment, segment.Length);
        if (segment.Sacked)
        {
            SackedCount--;
        }
        else if (!segment.Lost)
        {
            _order.Remove(_ring, Head);
        }

        Head++;
    }

    /// <summary>The cumulative ACK covers a part of the oldest segment: only its rest is outstanding.</summary>
    public void TrimHead(long start)
    {
        ref var segment = ref this[Head];
        var acknowledged = start - segment.Start;
        Invariant.Holds(acknowledged > 0 && start < segment.End);
        Deduct(segment, acknowledged);
        segment.Start = start;
    }

    /// <summary>Splits a segment that is too long to be retransmitted as one (the MSS was reduced).</summary>
    /// <remarks>This is rare, so all later segments are moved by one place.</remarks>
    public void Split(long ordinal, long at)
    {
        if (Tail - Head == _ring.Length)
        {
            Grow();
        }

        _order.MakeRoom(_ring, ordinal);
        _lostHint += _lostHint > ordinal ? 1 : 0;
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
            _order.AddAfter(_ring, ordinal, ordinal + 1);
        }
    }

    /// <summary>The ordinal of the first segment that starts at or after a position.</summary>
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

    /// <summary>Releases the memory that an idle connection does not need.</summary>
    public void Trim()
    {
        if (IsEmpty)
        {
            _ring = [];
        }
    }

    public void Clear()
    {
        _ring = [];
        _order = new SendOrder();
        Head = Tail;
        (_inFlight, _credited, Lost, Sacked, SackedCount) = (0, 0, 0, 0, 0);
    }

    /// <summary>Takes bytes of a segment out of the sum that counts them.</summary>
    private void Deduct(in SentSegment segment, long bytes)
    {
        if (segment.Sacked)
        {
            Sacked -= bytes;
        }
        else if (segment.Lost)
        {
            Lost -= bytes;
        }
        else
        {
            Leave(bytes);
        }
    }

    private void Leave(long bytes)
    {
        _inFlight -= bytes;
        _credited = Math.Min(_credited, _inFlight);
    }

    private void Grow()
    {
        var grown = new SentSegment[Math.Max(2, _ring.Length * 2)]; // 96 bytes each, and most connections never have more in flight
        for (var ordinal = Head; ordinal < Tail; ordinal++)
        {
            grown[ordinal & (grown.Length - 1)] = this[ordinal];
        }

        _ring = grown;
    }
}
