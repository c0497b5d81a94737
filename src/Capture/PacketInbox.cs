namespace Onetun.Capture;

/// <summary>
/// Packets on their way from the data path to whoever reads them, one at a time. The data path never waits for the reader: what finds
/// no room is dropped and counted.
/// </summary>
/// <param name="capacity">Bytes.</param>
/// <param name="snapLength">The bytes that are kept of each packet.</param>
/// <param name="linger">How long a reader that has waited for a packet waits for more of them, since each wake-up costs the data path.</param>
internal sealed class PacketInbox(int capacity, int snapLength, TimeSpan linger)
{
    private readonly object _gate = new();
    private readonly PacketQueue _queue = new(capacity);
    private Reader _reader;
    private bool _closed;
    private long _received;
    private long _dropped;

    private enum Reader
    {
        /// <summary>Not waiting.</summary>
        Awake,

        /// <summary>Waiting until there are many packets.</summary>
        Lingering,

        /// <summary>Waiting for any packet.</summary>
        Asleep,
    }

    public TapStatistics Statistics
    {
        get
        {
            lock (_gate)
            {
                return new TapStatistics(_received, _dropped);
            }
        }
    }

    public void Add(in TappedPacket packet)
    {
        var record = new CaptureRecord
        {
            Timestamp = packet.Timestamp,
            Direction = packet.Direction,
            IsOuter = packet.IsOuter,
            Bytes = packet.Bytes[..Math.Min(packet.Bytes.Length, snapLength)],
            OriginalLength = packet.Bytes.Length,
        };
        lock (_gate)
        {
            _received++;
            _dropped += _queue.TryAdd(record) ? 0 : 1;
            if (_reader == Reader.Asleep || (_reader == Reader.Lingering && _queue.IsHalfFull))
            {
                Wake();
            }
        }
    }

    /// <summary>Waits until there is a packet to read, and a little longer for more; false once the capture is to end.</summary>
    public bool Wait(CaptureRun run)
    {
        lock (_gate)
        {
            while (!_closed && !run.IsStopping)
            {
                if (_queue.TryTurn())
                {
                    return true;
                }

                Sleep(Reader.Asleep, Timeout.InfiniteTimeSpan);
                if (linger > TimeSpan.Zero && _queue.Filled > 0 && !_queue.IsHalfFull && !run.IsStopping)
                {
                    Sleep(Reader.Lingering, linger);
                }
            }

            return false;
        }
    }

    /// <summary>Waits until there is a packet to read; false if there is none in time, or it is closed.</summary>
    public bool Wait(TimeSpan timeout)
    {
        lock (_gate)
        {
            while (!_queue.TryTurn())
            {
                if (_closed || !Sleep(Reader.Asleep, timeout))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>The next packet, after a wait that has found one. Its bytes are good until the next wait.</summary>
    public bool TryRead(out CaptureRecord record) => _queue.TryRead(out record);

    /// <summary>Has whoever waits look whether to go on.</summary>
    public void Nudge()
    {
        lock (_gate)
        {
            Wake();
        }
    }

    /// <summary>Lets nobody wait any more. What has not been read is gone.</summary>
    /// <returns>What has become of all packets.</returns>
    public TapStatistics Close()
    {
        lock (_gate)
        {
            _closed = true;
            Wake();
            return new TapStatistics(_received, _dropped);
        }
    }

    // With the gate held: false if the time is over
    private bool Sleep(Reader how, TimeSpan timeout)
    {
        _reader = how;
        var woken = Monitor.Wait(_gate, timeout);
        _reader = Reader.Awake;
        return woken;
    }

    // With the gate held
    private void Wake()
    {
        _reader = Reader.Awake;
        Monitor.PulseAll(_gate);
    }
}
