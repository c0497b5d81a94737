using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// The received bytes by their offset in the stream, in 16 KiB blocks: all data, in order or not, is written once, to its final
/// place. The application reads directly from the blocks. An empty buffer holds none.
/// </summary>
internal sealed class ReceiveBuffer(ReceiveBlockPool pool)
{
    private ReceiveBlock?[] _blocks = [];
    private long _firstIndex; // The stream index of the block that holds Start

    /// <summary>The first offset not yet consumed.</summary>
    public long Start { get; private set; }

    /// <summary>The offset after the last byte that may be read.</summary>
    public long End { get; private set; }

    public long Readable => End - Start;

    /// <inheritdoc cref="BufferMemory.IsShort"/>
    public bool IsMemoryShort => pool.IsShort;

    /// <summary>Writes data at an offset within the receive window, which bounds the number of blocks.</summary>
    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        Invariant.Holds(offset >= End); // Bytes that may be read already are never overwritten
        while (!data.IsEmpty)
        {
            var at = (int)(offset % ReceiveBlock.Size);
            var count = Math.Min(data.Length, ReceiveBlock.Size - at);
            data[..count].CopyTo(Block(offset / ReceiveBlock.Size).Array.AsSpan(at));
            data = data[count..];
            offset += count;
        }
    }

    /// <summary>Everything before an offset is in order, and may be read.</summary>
    public void MakeReadable(long end)
    {
        Invariant.Holds(end >= End);
        if (end == End)
        {
            return;
        }

        for (var index = Math.Max(End - 1, Start) / ReceiveBlock.Size; index < (end - 1) / ReceiveBlock.Size; index++)
        {
            _blocks[Slot(index)]!.Link(_blocks[Slot(index + 1)]!);
        }

        End = end;
    }

    public ReadOnlySequence<byte> Read()
    {
        if (Start == End)
        {
            return default;
        }

        var first = _blocks[Slot(Start / ReceiveBlock.Size)]!;
        var last = _blocks[Slot((End - 1) / ReceiveBlock.Size)]!;
        return new ReadOnlySequence<byte>(
            first, (int)(Start % ReceiveBlock.Size), last, (int)((End - 1) % ReceiveBlock.Size) + 1);
    }

    /// <summary>Releases the bytes before an offset.</summary>
    public void Consume(long offset, bool keepTail)
    {
        Invariant.Holds(offset <= End);
        if (offset < Start)
        {
            return; // They were read before everything was dropped
        }

        Start = offset;
        var keep = offset / ReceiveBlock.Size;
        while (_firstIndex < keep)
        {
            Free(_firstIndex++);
        }

        if (offset == End && !keepTail && _blocks.Length > 0)
        {
            Free(keep);
        }
    }

    /// <summary>Releases what only bulk transfers need: the array for 1,024 blocks takes 8 KB.</summary>
    public void Trim()
    {
        if (Array.TrueForAll(_blocks, block => block is null))
        {
            _blocks = [];
            _firstIndex = Start / ReceiveBlock.Size;
        }
    }

    /// <summary>Drops out-of-order data, before which no gap will be filled any more.</summary>
    public void DropOutOfOrder()
    {
        foreach (var block in _blocks)
        {
            if (block is not null && block.RunningIndex >= End)
            {
                Free(block.RunningIndex / ReceiveBlock.Size);
            }
        }
    }

    /// <summary>
    /// Drops everything. The blocks are left to the garbage collector, since the application may still be reading them.
    /// </summary>
    public void Clear()
    {
        foreach (var block in _blocks)
        {
            if (block is not null)
            {
                pool.Abandon();
            }
        }

        _blocks = [];
        Start = End;
        _firstIndex = End / ReceiveBlock.Size;
    }

    private int Slot(long index) => (int)(index & (_blocks.Length - 1));

    private void Free(long index)
    {
        if (_blocks.Length > 0 && _blocks[Slot(index)] is { } block && block.RunningIndex == index * ReceiveBlock.Size)
        {
            _blocks[Slot(index)] = null;
            pool.Return(block);
        }
    }

    private ReceiveBlock Block(long index)
    {
        if (index - _firstIndex >= _blocks.Length)
        {
            Grow((int)(index - _firstIndex) + 1);
        }

        return _blocks[Slot(index)] ??= pool.Rent(index * ReceiveBlock.Size);
    }

    private void Grow(int count)
    {
        var grown = new ReceiveBlock?[Math.Max(2, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)count))];
        foreach (var block in _blocks)
        {
            if (block is not null)
            {
                grown[(int)(block.RunningIndex / ReceiveBlock.Size) & (grown.Length - 1)] = block;
            }
        }

        _blocks = grown;
    }
}
