namespace Onetun.NetStack;

/// <summary>
/// The bytes written and not yet acknowledged, by their offset in the stream. The application writes directly into the last
/// block; output copies from the blocks, and computes the checksum as it copies. Blocks grow with the buffered data (4, 16,
/// 64 KiB), and an empty buffer holds none.
/// </summary>
internal sealed class SendBuffer(SendBlockPool pool)
{
    private Block[] _blocks = [];
    private int _head;
    private int _count;
    private bool _reserved;
    private bool _closed;

    /// <summary>The first offset not yet acknowledged.</summary>
    public long Start { get; private set; }

    /// <summary>The offset after the last byte that was flushed.</summary>
    public long End { get; private set; }

    public long Length => End - Start;

    /// <inheritdoc cref="BufferMemory.IsShort"/>
    public bool IsMemoryShort => pool.IsShort;

    /// <summary>Reserves room for at least <paramref name="size"/> bytes, until the next <see cref="Commit"/>.</summary>
    public Memory<byte> Reserve(int size)
    {
        _reserved = true;
        if (_count == 0 || Last.Array.Length - Last.Used < Math.Max(size, 1))
        {
            Append(Math.Max(size, Length < 4096 ? 4096 : Length < SendBlockPool.LargeSize ? 16384 : SendBlockPool.LargeSize));
        }

        return Last.Array.AsMemory(Last.Used);
    }

    /// <summary>Appends the first bytes of the reserved room to the stream, and gives up the rest.</summary>
    public void Commit(int count)
    {
        if (!_reserved)
        {
            return; // It was dropped since
        }

        _reserved = false;
        if (count > 0 && !_closed)
        {
            Invariant.Holds(count <= Last.Array.Length - Last.Used);
            Last.Used += count;
            End += count;
        }
        else if (Start == End)
        {
            Release(End);
        }
    }

    /// <summary>Copies a range of the stream; returns its partial <see cref="Checksum"/>.</summary>
    public uint CopyTo(long offset, Span<byte> destination)
    {
        Invariant.Holds(offset >= Start && offset + destination.Length <= End);
        var index = Find(offset);
        var sum = 0u;
        var done = 0;
        while (done < destination.Length)
        {
            ref var block = ref At(index++);
            var from = (int)(offset + done - block.Start);
            var count = Math.Min(destination.Length - done, block.Used - from);
            var part = Checksum.CopyAndAdd(block.Array.AsSpan(from, count), destination[done..]);
            sum = Checksum.Append(sum, part, done);
            done += count;
        }

        return sum;
    }

    /// <summary>Everything before an offset is acknowledged.</summary>
    public void Release(long offset)
    {
        Invariant.Holds(offset >= Start && offset <= End);
        Start = offset;
        while (_count > 0 && At(0).Start + At(0).Used <= offset && !(_reserved && _count == 1))
        {
            pool.Return(At(0).Array);
            At(0) = default;
            _head = (_head + 1) & (_blocks.Length - 1);
            _count--;
        }
    }

    /// <summary>Releases what only bulk transfers need: the array for 320 blocks takes 8 KB.</summary>
    public void Trim()
    {
        if (_count == 0)
        {
            (_blocks, _head) = ([], 0);
        }
    }

    /// <summary>
    /// Drops everything, for good. A block in which the application has room reserved is left to the garbage collector.
    /// </summary>
    public void Clear()
    {
        if (_reserved && _count > 0)
        {
            pool.Abandon(Last.Array);
            Last = default;
            _count--;
            _reserved = false;
        }

        _closed = true;
        Release(End);
    }

    /// <summary>Drops everything, for good, and returns nothing to the pool: the state can no longer be trusted.</summary>
    public void Abandon()
    {
        for (var i = 0; i < _count; i++)
        {
            pool.Abandon(At(i).Array);
        }

        (_blocks, _head, _count, _reserved, _closed) = ([], 0, 0, false, true);
        Start = End;
    }

    private ref Block Last => ref At(_count - 1);

    private ref Block At(int index) => ref _blocks[(_head + index) & (_blocks.Length - 1)];

    private int Find(long offset)
    {
        var low = 0;
        var high = _count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (At(middle).Start <= offset)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    private void Append(int size)
    {
        if (_count == _blocks.Length)
        {
            var grown = new Block[Math.Max(2, _count * 2)];
            for (var i = 0; i < _count; i++)
            {
                grown[i] = At(i);
            }

            _blocks = grown;
            _head = 0;
        }

        _count++;
        Last = new Block { Array = pool.Rent(size), Start = End };
    }

    private struct Block
    {
        public byte[] Array;
        public long Start;
        public int Used;
    }
}
