using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;

namespace Onetun.NetStack;

/// <summary>
/// The send buffer of a connection as a pipe: data is written to where it stays until acknowledged, and a flush waits while
/// more is buffered than the path can use.
/// </summary>
internal sealed class TcpWriter(StackDriver driver, TcpConnection connection) : PipeWriter, IPendingOwner<FlushResult>
{
    private Pending<FlushResult>? _pending; // From the first flush on that waits
    private bool _isInline;
    private int _reserved;
    private int _advanced;
    private long _unflushed; // Before what was advanced
    private bool _cancelled;
    private bool _completed;
    private bool _closed;

    /// <summary>Of a waiting flush, if any has waited yet.</summary>
    public Signal? Signal => _pending;

    /// <inheritdoc cref="TcpSocket.ContinuesInline"/>
    public bool IsInline
    {
        set
        {
            _isInline = value;
            _pending?.IsInline = value;
        }
    }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed + _advanced;

    /// <summary>
    /// Room to write to. Asked again before anything is advanced, it is the same room if that is large enough: as with .NET's own
    /// pipes, Kestrel writes a chunk through one view of it and its length, which comes first, through another.
    /// </summary>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (driver.Lock)
        {
            ThrowIfCompleted();
            if (_advanced > 0)
            {
                _unflushed += _advanced;
                CommitPending();
            }

            var memory = connection.Sender.Buffer.Reserve(sizeHint);
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
        using var turn = driver.BeginTurn();
        _cancelled = true;
        driver.Wake(Signal);
    }

    public override void Complete(Exception? exception = null)
    {
        using var turn = driver.BeginTurn();
        if (_completed || _closed)
        {
            return;
        }

        _completed = true;
        if (exception is null)
        {
            CommitPending();
            connection.CloseOutput();
        }
        else
        {
            connection.Abort();
        }
    }

    /// <summary>Appends what was advanced to the stream; under the lock.</summary>
    public void CommitPending()
    {
        connection.Sender.Buffer.Commit(_advanced);
        (_advanced, _reserved) = (0, 0);
    }

    /// <summary>Ends writing, after what was advanced, and wakes a waiting flush; under the lock.</summary>
    public void Close()
    {
        CommitPending();
        _closed = true;
        driver.Wake(Signal);
    }

    private ValueTask<FlushResult> BeginFlush(CancellationToken cancellationToken)
    {
        short version;
        using (driver.BeginTurn())
        {
            ThrowIfCompleted();
            CommitPending();
            _unflushed = 0;
            connection.Flush();
            if (TryTake(out var result))
            {
                return new ValueTask<FlushResult>(result);
            }

            _pending ??= new Pending<FlushResult>(driver, this) { IsInline = _isInline };
            version = _pending.Arm(cancellationToken);
        }

        return _pending.Begin(version, cancellationToken);
    }

    FlushResult IPendingOwner<FlushResult>.Finish(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            return connection.Sender.FinAcknowledged ? default : throw TcpFailure.Of(SocketError.OperationAborted);
        }

        // A little room is not what it was waiting for
        if ((!TryTake(out var result) || !connection.Sender.HasWriteRoom) && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }

        return result;
    }

    private bool TryTake(out FlushResult result)
    {
        if (TcpFailure.Of(connection) is { } failure)
        {
            throw failure;
        }

        result = new FlushResult(_cancelled, isCompleted: connection.State == TcpState.Closed);
        if (!connection.CanWrite() && !_cancelled)
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
