using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// Arrays for send buffers, for all connections of a stack. The large ones of bulk transfer are kept here: they are
/// rented by one thread and returned by another, hundreds at a time, which is more than the shared pool keeps (32 a core).
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

    /// <summary>A block is left to the collector.</summary>
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
