using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// The send buffer of a connection as a pipe: data is written to where it stays until acknowledged, and a flush waits while
/// more is buffered than the path can use.
/// </summary>
internal sealed class TcpWriter : PipeWriter
{
    private readonly StackDriver _driver;
    private readonly TcpConnection _connection;
    private readonly Pending<FlushResult> _pending;
    private int _reserved;
    private int _advanced;
    private long _unflushed; // Before what was advanced
    private bool _cancelled;
    private bool _completed;
    private bool _closed;

    public TcpWriter(StackDriver driver, TcpConnection connection)
    {
        (_driver, _connection) = (driver, connection);
        _pending = new Pending<FlushResult>(driver, Finish);
    }

    public Signal Signal => _pending.Signal;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed + _advanced;

    /// <summary>
    /// Room to write to. Asked again before anything is advanced, it is the same room if that is large enough: as with .NET's own
    /// pipes, Kestrel writes a chunk through one view of it and its length, which comes first, through another.
    /// </summary>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (_driver.Lock)
        {
            ThrowIfCompleted();
            if (_advanced > 0)
            {
                _unflushed += _advanced;
                CommitPending();
            }

            var memory = _connection.Sender.Buffer.Reserve(sizeHint);
            _reserved = memory.Length;
            return memory;
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, _reserved - _advanced);
        _advanced += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        WriteAsync(default, cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        try
        {
            if (!source.IsEmpty)
            {
                this.Write(source.Span);
            }

            return BeginFlush(cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<FlushResult>(failure);
        }
    }

    public override void CancelPendingFlush()
    {
        lock (_driver.Lock)
        {
            _cancelled = true;
        }

        _pending.Wake();
    }

    public override void Complete(Exception? exception = null)
    {
        using var turn = _driver.BeginTurn();
        if (_completed || _closed)
        {
            return;
        }

        _completed = true;
        if (exception is null)
        {
            CommitPending();
            _connection.CloseOutput();
        }
        else
        {
            _connection.Abort();
        }
    }

    /// <summary>Appends what was advanced to the stream; under the lock.</summary>
    public void CommitPending()
    {
        _connection.Sender.Buffer.Commit(_advanced);
        (_advanced, _reserved) = (0, 0);
    }

    /// <summary>Ends writing, after what was advanced, and wakes a waiting flush; under the lock.</summary>
    public void Close()
    {
        CommitPending();
        _closed = true;
        _driver.Wake(Signal);
    }

    private ValueTask<FlushResult> BeginFlush(CancellationToken cancellationToken)
    {
        short version;
        using (_driver.BeginTurn())
        {
            ThrowIfCompleted();
            CommitPending();
            _unflushed = 0;
            _connection.Flush();
            if (TryTake(out var result))
            {
                return new ValueTask<FlushResult>(result);
            }

            version = _pending.Arm(cancellationToken);
        }

        return _pending.Begin(version, cancellationToken);
    }

    private FlushResult Finish(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return _connection.Sender.FinAcknowledged ? default : throw TcpFailure.Of(SocketError.OperationAborted);
        }

        // A little room is not what it was waiting for
        if ((!TryTake(out var result) || !_connection.Sender.HasWriteRoom) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        return result;
    }

    private bool TryTake(out FlushResult result)
    {
        if (TcpFailure.Of(_connection) is { } failure)
        {
            throw failure;
        }

        result = new FlushResult(_cancelled, isCompleted: _connection.State == TcpState.Closed);
        if (!_connection.CanWrite() && !_cancelled)
        {
            return false;
        }

        _cancelled = false;
        return true;
    }

    private void ThrowIfCompleted()
    {
        ObjectDisposedException.ThrowIf(_closed, typeof(TcpSocket));
        if (_completed)
        {
            throw new InvalidOperationException("The output of this connection is completed.");
        }
    }
}
