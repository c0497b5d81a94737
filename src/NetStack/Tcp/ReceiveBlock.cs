using System.Buffers;

namespace Onetun.NetStack;

/// <summary>16 KiB of a stream, at an offset that is a multiple of 16 KiB.</summary>
internal sealed class ReceiveBlock : ReadOnlySequenceSegment<byte>
{
    public const int Size = 16 * 1024;

    public ReceiveBlock()
    {
        Array = GC.AllocateUninitializedArray<byte>(Size);
        Memory = Array;
    }

    public byte[] Array { get; }

    public void Start(long offset)
    {
        RunningIndex = offset;
        Next = null;
    }

    public void Link(ReceiveBlock next) => Next = next;
}

/// <summary>
/// The pool of blocks of all connections of a stack; blocks beyond its capacity are left to the garbage collector.
/// </summary>
internal sealed class ReceiveBlockPool(BufferMemory memory)
{
    /// <summary>16 MiB: one full receive window.</summary>
    private const int Capacity = 1024;

    private readonly Stack<ReceiveBlock> _free = new();

    /// <inheritdoc cref="BufferMemory.IsShort"/>
    public bool IsShort => memory.IsShort;

    public ReceiveBlock Rent(long offset)
    {
        var block = _free.TryPop(out var free) ? free : new ReceiveBlock();
        block.Start(offset);
        memory.Take(ReceiveBlock.Size);
        return block;
    }

    public void Return(ReceiveBlock block)
    {
        Abandon();
        if (_free.Count < Capacity)
        {
            _free.Push(block);
        }
    }

    /// <summary>A block is left to the garbage collector.</summary>
    public void Abandon() => memory.Give(ReceiveBlock.Size);
}
