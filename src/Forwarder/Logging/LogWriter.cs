using System.Buffers;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Gathers lines and writes all there are at once, on a thread of its own: whoever logs waits for no reader, wakes nobody while
/// lines come fast, and needs no thread of a pool that may have none to spare.
/// </summary>
internal sealed class LogWriter : IDisposable
{
    /// <summary>
    /// The most bytes that wait: 8,000 lines of 130 bytes, as 2,000 connections a second log in two seconds. As many may be
    /// on their way out.
    /// </summary>
    public const int Capacity = 1 << 20;

    // How much is kept of a buffer that a burst has enlarged.
    private const int Kept = 64 * 1024;

    // A line that nobody expected goes out at once, those of the next 10 ms together: at 4,000 lines a second 40 a write.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(10);

    // A full disk may have room again. To a pipe that has no reader this is one call a second, and only if there are lines.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // A terminal may be stopped, and nobody may read from a pipe.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly object _gate = new();
    private readonly Action<ReadOnlySpan<byte>> _output;
    private readonly ILineFormatter _formatter;
    private readonly LineLogger _notices;
    private readonly ArrayBufferWriter<byte> _line = new();
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _batch = new();

    // The lines added so far, how many of them were taken to be written, and how many of these are written or lost.
    private long _added;
    private long _taken;
    private long _settled;

    // The lines that are missing after the pending ones for want of room, and before them because they could not be written.
    private long _dropped;
    private long _lost;

    private bool _isAsleep;
    private bool _isEnded;
    private int _flushes;

    /// <param name="output">Writes all that it is given, however long that takes, or throws.</param>
    /// <param name="formatter">How lines look.</param>
    /// <param name="time">What lines about missing lines are stamped with.</param>
    public LogWriter(Action<ReadOnlySpan<byte>> output, ILineFormatter formatter, TimeProvider time)
    {
        (_output, _formatter) = (output, formatter);
        _notices = new LineLogger("onetun", time, line => _formatter.Write(line, _batch));
        new Thread(Run) { IsBackground = true, Name = "log" }.Start();
    }

    /// <summary>Adds a line, unless too much waits already.</summary>
    public void Write(LogLine line)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return;
            }

            // After one that did not fit, none is taken, so that all of them are missing in one place.
            if (_dropped > 0 || !TryAdd(line))
            {
                _dropped++;
            }

            if (_isAsleep)
            {
                _isAsleep = false;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>Waits until the lines so far are written, or not much longer than is said.</summary>
    public void Flush(TimeSpan longest)
    {
        var deadline = Environment.TickCount64 + (long)longest.TotalMilliseconds;
        lock (_gate)
        {
            _flushes++;
            Monitor.PulseAll(_gate);
            for (var last = _added; _settled < last && deadline > Environment.TickCount64;)
            {
                Monitor.Wait(_gate, (int)Math.Max(1, deadline - Environment.TickCount64));
            }

            _flushes--;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isEnded = true;
        }

        Flush(Farewell);
    }

    private bool TryAdd(in LogLine line)
    {
        _line.ResetWrittenCount();
        _formatter.Write(line, _line);
        if (_pending.WrittenCount + _line.WrittenCount > Capacity)
        {
            return false;
        }

        _pending.Write(_line.WrittenSpan);
        _added++;
        return true;
    }

    private void Run()
    {
        while (WaitForLines())
        {
            var isWritten = TryWrite();
            Settle(isWritten);
        }
    }

    private bool WaitForLines()
    {
        lock (_gate)
        {
            while (_pending.WrittenCount == 0 && _dropped == 0)
            {
                if (_isEnded)
                {
                    return false;
                }

                _isAsleep = true;
                Monitor.Wait(_gate);
            }

            _isAsleep = false;
            Take();
            return true;
        }
    }

    private void Take()
    {
        if (_lost > 0)
        {
            _notices.LinesLost(_lost);
            _batch.Write(_pending.WrittenSpan);
            _pending.ResetWrittenCount();
        }
        else
        {
            (_pending, _batch) = (_batch, _pending);
        }

        if (_dropped > 0)
        {
            _notices.LinesLost(_dropped);
        }

        _lost += _added - _taken + _dropped;
        (_taken, _dropped) = (_added, 0);
    }

    private bool TryWrite()
    {
        try
        {
            _output(_batch.WrittenSpan);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // There is no other place to say so.
            return false;
        }
    }

    private void Settle(bool isWritten)
    {
        lock (_gate)
        {
            _lost = isWritten ? 0 : _lost;
            _settled = _taken;
            _batch.ResetWrittenCount();
            _batch = _batch.Capacity > Kept ? new() : _batch;
            Monitor.PulseAll(_gate);
            if (_flushes == 0 && !_isEnded)
            {
                Monitor.Wait(_gate, isWritten ? Rest : Retry);
            }
        }
    }
}
