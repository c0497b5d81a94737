using System.Buffers;

namespace Onetun.NetStack;

/// <summary>
/// Arrays for send buffers, for all connections of a stack. The large ones of bulk transfer are kept here: they are
/// rented by one thread and returned by another, hundreds at a time, which is more than the shared pool keeps (32 a core).
/// </summary>
internal sealed class SendBlockPool
{
    public const int LargeSize = 64 * 1024;

    /// <summary>20 MiB: one full send buffer.</summary>
    private const int Capacity = 320;

    private readonly Stack<byte[]> _large = new();

    public byte[] Rent(int size)
    {
        if (size != LargeSize)
        {
            return ArrayPool<byte>.Shared.Rent(size);
        }

        return _large.TryPop(out var array) ? array : GC.AllocateUninitializedArray<byte>(LargeSize);
    }

    public void Return(byte[] array)
    {
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
