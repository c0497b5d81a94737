using System.Security.Cryptography;

namespace Onetun.Capture;

/// <summary>
/// The files of a capture, from the packets that are captured to the bytes that are yet to be written. Not thread-safe.
/// </summary>
internal sealed class CaptureBuffer
{
    private readonly PcapOptions _options;
    private readonly IFileFormat _format;
    private readonly Queue<byte[]> _keys = new();
    private InterfaceCounters _inner;
    private InterfaceCounters _outer;
    private long _fileBegan;
    private long _added;

    public CaptureBuffer(PcapOptions options)
    {
        _options = options;
        _format = options.CreateFormat();
        ArgumentOutOfRangeException.ThrowIfLessThan(
            options.BufferSize, _format.Header.Length + _format.EndLength, nameof(options.BufferSize));
        Ring = new PacketRing(options.BufferSize);
        BeginFile();
    }

    public PacketRing Ring { get; }

    /// <summary>Whether there is nothing to write.</summary>
    public bool IsEmpty => Ring.Count == 0;

    /// <summary>Whether it has as many packets as are wanted.</summary>
    public bool IsComplete => _options.MaxPackets > 0 && _added >= _options.MaxPackets;

    public DateTime UtcNow => _options.Time.GetUtcNow().UtcDateTime;

    /// <summary>Adds a packet that passes the filter; false if it finds no room.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="direction">Null if nobody knows it.</param>
    /// <param name="originalLength">Its bytes, before it was captured.</param>
    public bool TryAdd(in TappedPacket packet, PacketDirection? direction, int originalLength)
    {
        ref var counters = ref (packet.IsOuter ? ref _outer : ref _inner);
        counters.Seen++;
        if (!packet.Passes(_options.Filter))
        {
            return true;
        }

        counters.Accepted++;
        var record = new CaptureRecord
        {
            Timestamp = packet.Timestamp,
            Direction = direction,
            IsOuter = packet.IsOuter,
            Bytes = packet.Bytes[..Math.Min(packet.Bytes.Length, _options.SnapLength)],
            OriginalLength = originalLength,
            Comment = packet.Comment,
            DroppedBefore = counters.DroppedLately,
        };
        if (!TryBeginNext() || !TryAddKeys() || !_format.TryAdd(Ring, record))
        {
            counters.Dropped++;
            counters.DroppedLately++;
            return false;
        }

        counters.DroppedLately = 0;
        _added++;
        return true;
    }

    /// <summary>Adds keys. Those that find no room wait for it, and so do the packets behind them, which may need them.</summary>
    public void AddKeys(ReadOnlySpan<byte> keyLog)
    {
        if (!TryAddKeys() || !_format.TryAddKeys(Ring, keyLog))
        {
            _keys.Enqueue(keyLog.ToArray());
        }
    }

    /// <summary>Adds what the last file ends with.</summary>
    public void End() => _format.End(Ring, UtcNow, _inner, _outer);

    /// <summary>Leaves nothing of what was captured.</summary>
    public void Wipe()
    {
        Ring.Wipe();
        while (_keys.TryDequeue(out var keys))
        {
            CryptographicOperations.ZeroMemory(keys);
        }
    }

    /// <summary>Begins the next file when this one is long enough; false if there is no room for that.</summary>
    private bool TryBeginNext()
    {
        if (_options.MaxFileSize == 0 || Ring.Added - _fileBegan <= _options.MaxFileSize)
        {
            return true;
        }

        if (Ring.Free < _format.Header.Length + (2 * _format.EndLength))
        {
            return false;
        }

        End();
        Ring.Mark();
        BeginFile();
        return true;
    }

    private void BeginFile()
    {
        _fileBegan = Ring.Added;
        Ring.TryAdd(_format.Header);
        _inner = _outer = new InterfaceCounters { Since = UtcNow };
    }

    private bool TryAddKeys()
    {
        while (_keys.TryPeek(out var keys))
        {
            if (!_format.TryAddKeys(Ring, keys))
            {
                return false;
            }

            CryptographicOperations.ZeroMemory(_keys.Dequeue());
        }

        return true;
    }
}
