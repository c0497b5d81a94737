namespace Onetun.Capture;

/// <summary>
/// A bounded first-in, first-out buffer of bytes; a record goes in whole or not at all. Not thread-safe.
/// </summary>
internal sealed class PacketRing(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private int _start;

    public int Capacity => _bytes.Length;

    public int Count { get; private set; }

    /// <summary>The oldest bytes, as many as lie side by side.</summary>
    public ReadOnlyMemory<byte> FirstChunk => _bytes.AsMemory(_start, Math.Min(Count, _bytes.Length - _start));

    public bool TryAdd(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (header.Length + body.Length > _bytes.Length - Count)
        {
            return false;
        }

        Append(header);
        Append(body);
        return true;
    }

    public void Remove(int count)
    {
        _start = (_start + count) % _bytes.Length;
        Count -= count;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        var end = (_start + Count) % _bytes.Length;
        var first = Math.Min(bytes.Length, _bytes.Length - end);
        bytes[..first].CopyTo(_bytes.AsSpan(end));
        bytes[first..].CopyTo(_bytes);
        Count += bytes.Length;
    }
}
