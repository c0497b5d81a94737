namespace Onetun.NetStack;

/// <summary>The ranges of a datagram that were received: sorted, disjoint, and merged where they touch.</summary>
internal sealed class FragmentRuns
{
    private (int Start, int End)[] _runs = new (int, int)[4];
    private int _count;

    /// <summary>Whether exactly [0, end) was received.</summary>
    public bool IsWhole(int end) => _count == 1 && _runs[0] == (0, end);

    public bool Overlaps(int start, int end)
    {
        var index = FirstEndingAfter(start);
        return index < _count && _runs[index].Start < end;
    }

    public bool Contains(int start, int end)
    {
        var index = FirstEndingAfter(start);
        return index < _count && _runs[index].Start <= start && end <= _runs[index].End;
    }

    /// <summary>Adds [start, end), which overlaps nothing.</summary>
    public void Add(int start, int end)
    {
        var index = FirstEndingAfter(start);
        var touchesNext = index < _count && _runs[index].Start == end;
        if (index > 0 && _runs[index - 1].End == start)
        {
            _runs[index - 1].End = touchesNext ? _runs[index].End : end;
            if (touchesNext)
            {
                _runs.AsSpan((index + 1).._count).CopyTo(_runs.AsSpan(index));
                _count--;
            }

            return;
        }

        if (touchesNext)
        {
            _runs[index].Start = start;
            return;
        }

        if (_count == _runs.Length)
        {
            Array.Resize(ref _runs, _count * 2);
        }

        _runs.AsSpan(index.._count).CopyTo(_runs.AsSpan(index + 1));
        _runs[index] = (start, end);
        _count++;
    }

    public void Clear() => _count = 0;

    // From the back, since most fragments arrive in order
    private int FirstEndingAfter(int position)
    {
        var index = _count;
        while (index > 0 && _runs[index - 1].End > position)
        {
            index--;
        }

        return index;
    }
}
