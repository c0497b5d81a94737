using System.Security.Cryptography;

namespace Onetun.Tunnel;

/// <summary>
/// Copies of datagrams, side by side, for those who watch: sealing and opening change a datagram where it lies, and they are shown it as it
/// is and as it was. Nothing is allocated once there is room for a batch.
/// </summary>
internal sealed class DatagramCopies : IDisposable
{
    private byte[] _bytes = [];
    private int[] _ends = [];

    public int Count { get; private set; }

    public ReadOnlySpan<byte> this[int index] => _bytes.AsSpan(EndOf(index - 1)..EndOf(index));

    public void Clear() => Count = 0;

    public void Add(ReadOnlySpan<byte> datagram)
    {
        var start = EndOf(Count - 1);
        if (_bytes.Length - start < datagram.Length)
        {
            Grow(start, start + datagram.Length);
        }

        if (_ends.Length == Count)
        {
            Array.Resize(ref _ends, Math.Max(16, 2 * Count));
        }

        datagram.CopyTo(_bytes.AsSpan(start));
        _ends[Count++] = start + datagram.Length;
    }

    /// <summary>Wipes it: packets may lie here that are not sealed.</summary>
    public void Dispose()
    {
        Clear();
        CryptographicOperations.ZeroMemory(_bytes);
    }

    private void Grow(int kept, int needed)
    {
        var larger = GC.AllocateUninitializedArray<byte>(Math.Max(2 * _bytes.Length, needed), pinned: true);
        _bytes.AsSpan(0, kept).CopyTo(larger);
        CryptographicOperations.ZeroMemory(_bytes);
        _bytes = larger;
    }

    private int EndOf(int index) => index < 0 ? 0 : _ends[index];
}
