using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// The send buffer of a connection as a pipe: it is written where it will lie until acknowledged, and a flush waits while
/// more is outstanding than the path can use.
/// </summary>
internal sealed class TcpWriter(StackDriver driver, TcpConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private int _reserved;
    private int _advanced;
    private bool _cancelled;
    private bool _completed;
    private bool _closed;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public Signal Signal { get; } = new();

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _advanced;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        lock (driver.Lock)
        {
            ThrowIfCompleted();
            CommitPending();
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

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        try
        {
            return BeginFlush(cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<FlushResult>(failure);
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        try
        {
            this.Write(source.Span);
            return BeginFlush(cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<FlushResult>(failure);
        }
    }

    public override void CancelPendingFlush()
    {
        lock (driver.Lock)
        {
            _cancelled = true;
        }

        Wake();
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

    /// <summary>What was advanced becomes part of the stream; under the lock.</summary>
    public void CommitPending()
    {
        connection.Sender.Buffer.Commit(_advanced);
        (_advanced, _reserved) = (0, 0);
    }

    /// <summary>What was advanced is the last that goes out, and who waits need not; under the lock.</summary>
    public void Close()
    {
        CommitPending();
        _closed = true;
        driver.Wake(Signal);
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        Signal.GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            if (_closed)
            {
                throw TcpFailure.Of(SocketError.OperationAborted);
            }

            // A little room is not what it was waiting for
            if ((!TryTake(out var result) || !connection.Sender.HasWriteRoom) && _token.IsCancellationRequested)
            {
                throw new OperationCanceledException(_token);
            }

            return result;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);

    private ValueTask<FlushResult> BeginFlush(CancellationToken cancellationToken)
    {
        short token;
        using (driver.BeginTurn())
        {
            ThrowIfCompleted();
            CommitPending();
            connection.Flush();
            if (TryTake(out var result))
            {
                return new ValueTask<FlushResult>(result);
            }

            token = Signal.Arm();
            _token = cancellationToken;
        }

        _registration = cancellationToken.UnsafeRegister(static writer => ((TcpWriter)writer!).Wake(), this);
        return new ValueTask<FlushResult>(this, token);
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

    private void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }
}
