using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// The arrays of the send buffers of all connections of a stack. The large ones, for bulk transfers, are kept here: they are
/// rented by one thread and returned by another, hundreds at a time, and the shared pool keeps only 32 per core.
/// </summary>
internal sealed class SendBlockPool(BufferMemory memory)
{
    public const int LargeSize = 64 * 1024;

    /// <summary>20 MiB: one full send buffer.</summary>
    private const int Capacity = 320;

    private readonly Stack<byte[]> _large = new();

    /// <inheritdoc cref="BufferMemory.IsShort"/>
    public bool IsShort => memory.IsShort;

    public byte[] Rent(int size)
    {
        var array = size != LargeSize ? ArrayPool<byte>.Shared.Rent(size)
            : _large.TryPop(out var large) ? large
            : GC.AllocateUninitializedArray<byte>(LargeSize);
        memory.Take(array.Length);
        return array;
    }

    /// <summary>An array is left to the garbage collector.</summary>
    public void Abandon(byte[] array) => memory.Give(array.Length);

    public void Return(byte[] array)
    {
        Abandon(array);
        if (array.Length != LargeSize)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
        else if (_large.Count < Capacity)
        {
            _large.Push(array);
        }
    }
}
