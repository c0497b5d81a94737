namespace Onetun.Tunnel;

/// <summary>
/// Datagrams as they came, for those who watch: they are opened where they lie, and what was in them is known only then.
/// </summary>
internal sealed class SealedCopies
{
    private byte[] _bytes = [];
    private int[] _ends = [];
    private int _count;

    /// <summary>Copies some datagrams of a batch, in place of those before.</summary>
    public void Take(ReceiveBatch batch, int first, int count)
    {
        _count = 0;
        if (count == 0)
        {
            return;
        }

        if (_ends.Length < count)
        {
            _ends = new int[count];
        }

        var length = 0;
        for (var i = 0; i < count; i++)
        {
            length += batch[first + i].Length;
            _ends[i] = length;
        }

        if (_bytes.Length < length)
        {
            _bytes = new byte[length];
        }

        _count = count;
        for (var i = 0; i < count; i++)
        {
            batch[first + i].CopyTo(_bytes.AsSpan(StartOf(i)));
        }
    }

    /// <summary>The copy of one of them; false if none was made.</summary>
    public bool TryTake(int index, out ReadOnlySpan<byte> datagram)
    {
        datagram = index < _count ? _bytes.AsSpan(StartOf(index).._ends[index]) : default;
        return index < _count;
    }

    private int StartOf(int index) => index == 0 ? 0 : _ends[index - 1];
}
