using System.Security.Cryptography;

namespace Onetun.Capture;

/// <summary>
/// A bounded first-in, first-out buffer of bytes; a record goes in whole or not at all. Marks part it into files. Not thread-safe.
/// </summary>
internal sealed class PacketRing(int capacity)
{
    private readonly byte[] _bytes = new byte[capacity];
    private readonly Queue<long> _marks = new();
    private int _start;
    private long _removed;

    public int Capacity => _bytes.Length;

    public int Count { get; private set; }

    /// <summary>All the bytes that have been added.</summary>
    public long Added => _removed + Count;

    public int Free => _bytes.Length - Count;

    /// <summary>The oldest bytes, as many as lie side by side and belong to one file.</summary>
    public ReadOnlyMemory<byte> FirstChunk => _bytes.AsMemory(_start, Math.Min(UntilMark, Math.Min(Count, _bytes.Length - _start)));

    private int UntilMark => _marks.TryPeek(out var mark) ? (int)(mark - _removed) : int.MaxValue;

    /// <summary>Adds a record, if at least <paramref name="reserve"/> bytes are then still free.</summary>
    public bool TryAdd(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body = default, ReadOnlySpan<byte> tail = default, int reserve = 0)
    {
        if (head.Length + body.Length + tail.Length > Free - reserve)
        {
            return false;
        }

        Append(head);
        Append(body);
        Append(tail);
        return true;
    }

    /// <summary>What is added from now on belongs to the next file.</summary>
    public void Mark() => _marks.Enqueue(Added);

    /// <summary>Whether all of a file has been removed, so that the next one begins; true once for each.</summary>
    public bool TryTakeMark() => UntilMark == 0 && _marks.TryDequeue(out _);

    public void Remove(int count)
    {
        _start = (_start + count) % _bytes.Length;
        _removed += count;
        Count -= count;
    }

    /// <summary>Empties it and leaves nothing of what was in it.</summary>
    public void Wipe()
    {
        Remove(Count);
        _marks.Clear();
        CryptographicOperations.ZeroMemory(_bytes);
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
