namespace Onetun.NetStack;

/// <summary>
/// The ranges of data received out of order: disjoint, sorted, merged when they touch, and each stamped with the order of its
/// latest arrival, since the first SACK block reports the newest (RFC 2018 §4). Their number is bounded: a range too many is
/// refused, and the peer retransmits it.
/// </summary>
internal sealed class RangeSet
{
    /// <summary>A window of 16 MiB at 1 % loss has about 120 gaps.</summary>
    public const int MaxRanges = 1024;

    private Range[] _ranges = [];
    private int _count;
    private uint _stamp;

    public int Count => _count;

    public bool IsEmpty => _count == 0;

    public Range First => _ranges[0];

    public Range Last => _ranges[_count - 1];

    /// <summary>Adds [start, end), which becomes the newest range; false if that would be one too many.</summary>
    public bool TryAdd(long start, long end)
    {
        var low = FirstEndingFrom(start);
        var past = low;
        while (past < _count && _ranges[past].Start <= end)
        {
            start = Math.Min(start, _ranges[past].Start);
            end = Math.Max(end, _ranges[past].End);
            past++;
        }

        if (past == low)
        {
            if (_count == MaxRanges)
            {
                return false;
            }

            if (_count == _ranges.Length)
            {
                Array.Resize(ref _ranges, Math.Max(4, _count * 2));
            }

            Array.Copy(_ranges, low, _ranges, low + 1, _count - low);
            _count++;
        }
        else
        {
            Array.Copy(_ranges, past, _ranges, low + 1, _count - past);
            _count -= past - low - 1;
        }

        _ranges[low] = new Range(start, end, ++_stamp);
        return true;
    }

    /// <summary>The first range that overlaps [start, end).</summary>
    public bool TryFindFirst(long start, long end, out Range range)
    {
        var index = FirstEndingFrom(start + 1);
        range = index < _count ? _ranges[index] : default;
        return index < _count && range.Start < end;
    }

    /// <summary>Removes the first range if it starts at or before a position.</summary>
    public bool TryTakeFirst(long position, out long end)
    {
        end = position;
        if (_count == 0 || _ranges[0].Start > position)
        {
            return false;
        }

        end = Math.Max(end, _ranges[0].End);
        Array.Copy(_ranges, 1, _ranges, 0, --_count);
        if (_count == 0 && _ranges.Length > 64)
        {
            _ranges = [];
        }

        return true;
    }

    /// <summary>Writes the newest ranges, newest first; returns their number.</summary>
    public int Newest(Span<Range> destination)
    {
        var found = 0;
        var below = uint.MaxValue;
        while (found < destination.Length)
        {
            var best = -1;
            for (var i = 0; i < _count; i++)
            {
                if (_ranges[i].Stamp < below && (best < 0 || _ranges[i].Stamp > _ranges[best].Stamp))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                break;
            }

            destination[found++] = _ranges[best];
            below = _ranges[best].Stamp;
        }

        return found;
    }

    private int FirstEndingFrom(long position)
    {
        var low = 0;
        var high = _count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End < position)
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

    /// <summary>[Start, End).</summary>
    internal readonly record struct Range(long Start, long End, uint Stamp);
}
