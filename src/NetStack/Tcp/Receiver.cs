namespace Onetun.NetStack;

/// <summary>The receive side of a connection: the data received, in order or not, the window offered, and the ACKs due.</summary>
internal sealed class Receiver(uint initial, ReceiveBlockPool pool, ReceiverOptions options)
{
    private readonly RangeSet _outOfOrder = new();
    private long _capacity = options.InitialCapacity;
    private long _maxCapacity = options.MaxCapacity;
    private long _unacknowledged;
    private int _segmentSize = 536;
    private int _quickAcks = options.Acknowledgments.Quick;
    private long _finPosition = -1;
    private long _duplicateStart;
    private long _duplicateEnd;

    // Dynamic right-sizing: the bytes consumed in the round trip that began at _roundStart
    private TimeSpan _roundStart;
    private long _roundConsumed;
    private long _lastRound;
    private TimeSpan _rtt;

    /// <summary>The receiver's estimate of the round-trip time; zero before the first sample.</summary>
    public TimeSpan Rtt => _rtt;

    public SequenceSpace Sequence { get; } = new(initial);

    public ReceiveBuffer Buffer { get; } = new(pool);

    /// <summary>RCV.NXT; 0 is the SYN, and 1 the first byte of data.</summary>
    public long Next { get; private set; } = 1;

    /// <summary>The last RCV.NXT that was sent (Last.ACK.sent of RFC 7323).</summary>
    public long Acknowledged { get; private set; } = 1;

    /// <summary>The right edge of the receive window as last sent: RCV.NXT + RCV.WND.</summary>
    public long Edge { get; private set; } = 1 + Math.Min(options.InitialCapacity, 65535);

    /// <summary>The shift of the window field.</summary>
    public int WindowScale { get; init; }

    /// <summary>The FIN and everything before it were received.</summary>
    public bool IsFinished => _finPosition >= 0 && Next > _finPosition;

    /// <summary>An ACK is due at once.</summary>
    public bool AckNow { get; private set; }

    /// <summary>A delayed ACK is due within <see cref="AckPolicy.Delay"/>.</summary>
    public bool AckPending => _unacknowledged > 0;

    public long Capacity => _capacity;

    public bool HasGap => !_outOfOrder.IsEmpty;

    /// <summary>A segment of the peer was marked, and no CWR has answered it yet (RFC 3168 §6.1.3).</summary>
    public bool IsMarked { get; private set; }

    /// <summary>Processes a segment's text and FIN (RFC 9293 §3.10.7.4, seventh and eighth step).</summary>
    /// <returns>Whether RCV.NXT advanced: there is more to read, or the end was reached.</returns>
    public bool Accept(long position, ReadOnlySpan<byte> data, bool fin)
    {
        var end = position + data.Length;
        _segmentSize = Math.Max(_segmentSize, data.Length);
        NoteDuplicates(position, end);
        if (position < Next)
        {
            data = data[(int)Math.Min(Next - position, data.Length)..];
            position = Next;
        }

        if (end > Edge)
        {
            data = data[..(int)Math.Max(0, data.Length - (end - Edge))];
            end = Edge;
            fin = false;
            AckNow |= data.IsEmpty; // A zero-window probe
        }

        if (fin)
        {
            AckNow = true;
            _finPosition = _finPosition < 0 ? end : _finPosition;
        }

        if (_finPosition >= 0 && end > _finPosition)
        {
            data = data[..(int)Math.Max(0, data.Length - (end - _finPosition))]; // Nothing follows a FIN
        }

        var before = Next;
        if (data.Length > 0)
        {
            Store(position, data);
        }

        if (_finPosition == Next)
        {
            Next++;
        }

        return Next > before;
    }

    /// <summary>Makes an ACK due at once.</summary>
    public void RequestAck() => AckNow = true;

    /// <summary>
    /// The ECN bits of a segment with data (RFC 3168 §6.1.3). Both draw an ACK at once, as in Linux: a sender that has reduced its
    /// window may be down to one segment.
    /// </summary>
    /// <param name="marked">CE.</param>
    /// <param name="reduced">CWR: the sender has responded to all marks before this segment's own.</param>
    public void TakeMark(bool marked, bool reduced)
    {
        IsMarked = marked || (IsMarked && !reduced);
        AckNow |= marked || reduced;
    }

    /// <summary>A segment with data or FIN arrived outside the window. Data received before is reported as a duplicate.</summary>
    public void OnOutOfWindow(long start, long end)
    {
        AckNow = true;
        if (end <= Next)
        {
            NoteDuplicate(start, end);
        }
    }

    /// <summary>An ACK is sent; returns its window field.</summary>
    public ushort Acknowledge()
    {
        (AckNow, _unacknowledged, Acknowledged) = (false, 0, Next);
        // The window never shrinks (RFC 9293 §3.8.6), and avoids being silly (§3.8.6.2.2)
        var edge = Next + Window();
        var isWorthTelling = edge - Edge >= Math.Min(Room / 2, _segmentSize);
        Edge = Math.Max(Edge, isWorthTelling ? edge : Next);
        return (ushort)Math.Min((Edge - Next) >> WindowScale, 65535);
    }

    /// <summary>The window field of the SYN, which is never scaled (RFC 7323 §2.2).</summary>
    public ushort SynWindow() => (ushort)Math.Min(Edge - Next, 65535);

    /// <summary>The application has consumed bytes.</summary>
    public void Consumed(TimeSpan now, long bytes)
    {
        _roundConsumed += bytes;
        if (now - _roundStart >= _rtt && _rtt > TimeSpan.Zero)
        {
            GrowCapacity();
            (_roundStart, _lastRound, _roundConsumed) = (now, _roundConsumed, 0);
        }

        // RFC 9293 §3.8.6.2.2: a window that was nearly closed and is open again needs an update; otherwise ACKs of data carry it
        var gain = Next + Window() - Edge;
        if (!IsFinished && gain > 0 && Edge - Next < Room / 2 && gain >= Math.Min(Room / 4, 16L * _segmentSize))
        {
            AckNow = true;
        }
    }

    /// <summary>The application waits for more at once than the window can hold: the window grows.</summary>
    public void Starve()
    {
        if (Buffer.Readable >= _capacity && _capacity < _maxCapacity)
        {
            _capacity = Math.Min(2 * _capacity, _maxCapacity);
            AckNow = true;
        }
    }

    /// <summary>Limits the growth of the window, which can never exceed the limit for which its scale was chosen.</summary>
    public void LimitCapacity(int bytes)
    {
        _maxCapacity = Math.Min(bytes, options.MaxCapacity);
        _capacity = Math.Min(Math.Max(_capacity, options.InitialCapacity), _maxCapacity);
        AckNow |= !IsFinished && Next + Window() > Edge;
        Starve(); // A reader may have been waiting for more than the old limit
    }

    /// <summary>Takes in a sample of the round-trip time, such as the age of an echoed timestamp.</summary>
    public void SampleRtt(TimeSpan rtt) =>
        _rtt = _rtt == TimeSpan.Zero ? rtt : rtt < _rtt ? rtt : _rtt + ((rtt - _rtt) / 16);

    /// <summary>The SACK blocks of the next ACK: a D-SACK first (RFC 2883), then the newest ranges (RFC 2018 §4).</summary>
    public int SackBlocks(Span<SackBlock> blocks)
    {
        var count = 0;
        if (_duplicateEnd > _duplicateStart)
        {
            blocks[count++] = Block(_duplicateStart, _duplicateEnd);
            _duplicateEnd = _duplicateStart;
        }

        if (!_outOfOrder.IsEmpty)
        {
            Span<RangeSet.Range> newest = stackalloc RangeSet.Range[4];
            var found = _outOfOrder.Newest(newest[..(blocks.Length - count)]);
            for (var i = 0; i < found; i++)
            {
                blocks[count++] = Block(newest[i].Start, newest[i].End);
            }
        }

        return count;
    }

    public bool HasSackBlocks => !_outOfOrder.IsEmpty || _duplicateEnd > _duplicateStart;

    /// <summary>
    /// Dynamic right-sizing, as in Linux: room for twice the bytes of the last round trip, and for three times that while they
    /// still double, for the sender's window has by then doubled twice more.
    /// </summary>
    private void GrowCapacity()
    {
        var growth = _lastRound == 0 ? 1 : Math.Clamp((double)(_roundConsumed - _lastRound) / _lastRound, 0, 1);
        var wanted = (long)(2 * _roundConsumed * (1 + (2 * growth)));
        _capacity = Math.Min(Math.Max(_capacity, wanted), _maxCapacity);
    }

    private SackBlock Block(long start, long end) => new(Sequence.Wrap(start), Sequence.Wrap(end));

    private long Window() => Math.Max(0, Room - Buffer.Readable);

    /// <summary>
    /// The size of the buffer, reduced to one block while memory is short, so that the connection goes on slowly.
    /// </summary>
    private long Room => Buffer.IsMemoryShort ? Math.Min(_capacity, ReceiveBlock.Size) : _capacity;

    /// <summary>RFC 2883 §4: the first range of a segment that was received before, below RCV.NXT or above it.</summary>
    private void NoteDuplicates(long start, long end)
    {
        if (start < Next)
        {
            NoteDuplicate(start, Math.Min(end, Next));
        }
        else if (_outOfOrder.TryFindFirst(start, end, out var known))
        {
            NoteDuplicate(Math.Max(start, known.Start), Math.Min(end, known.End));
        }
    }

    private void NoteDuplicate(long start, long end)
    {
        AckNow = true;
        if (end > start)
        {
            (_duplicateStart, _duplicateEnd) = (start, end);
        }
    }

    private void Store(long position, ReadOnlySpan<byte> data)
    {
        var end = position + data.Length;
        if (position > Next)
        {
            AckNow = true;
            if (!Buffer.IsMemoryShort && _outOfOrder.TryAdd(position, end))
            {
                Buffer.Write(position - 1, data);
            }

            return;
        }

        Buffer.Write(position - 1, data);
        Next = end;
        while (_outOfOrder.TryTakeFirst(Next, out end))
        {
            AckNow = true; // A segment that fills a gap is acknowledged at once (RFC 5681 §4.2)
            Next = end;
        }

        Buffer.MakeReadable(Next - 1);
        _unacknowledged += data.Length;
        if (_unacknowledged >= options.Acknowledgments.Every * _segmentSize || !_outOfOrder.IsEmpty)
        {
            AckNow = true;
        }
        else if (_quickAcks > 0 && data.Length == _segmentSize && data.Length > 536)
        {
            _quickAcks--;
            AckNow = true;
        }
    }
}

/// <summary>The limits of a receive buffer, in bytes, and when ACKs are sent.</summary>
internal readonly record struct ReceiverOptions(int InitialCapacity, int MaxCapacity, AckPolicy Acknowledgments);
