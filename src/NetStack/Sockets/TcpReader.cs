using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>The receive buffer of a connection as a pipe: it is read where it lies, and consuming opens the window.</summary>
internal sealed class TcpReader(StackDriver driver, TcpConnection connection) : PipeReader, IValueTaskSource<PipeReadResult>
{
    private long _examined;
    private bool _cancelled;
    private bool _closed;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public Signal Signal { get; } = new();

    public override bool TryRead(out PipeReadResult result)
    {
        lock (driver.Lock)
        {
            ThrowIfClosed();
            return TryTake(out result);
        }
    }

    public override ValueTask<PipeReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<PipeReadResult>(cancellationToken);
        }

        try
        {
            return BeginRead(cancellationToken);
        }
        catch (Exception failure)
        {
            return ValueTask.FromException<PipeReadResult>(failure);
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var from = Offset(consumed);
        if (from < 0)
        {
            return; // a position in an empty buffer
        }

        using var turn = driver.BeginTurn();
        _examined = Math.Max(from, Offset(examined));
        connection.Consume(turn.Now, from, wantsMore: _examined > from && _examined >= connection.Receiver.Buffer.End);
        if (connection.Receiver.AckNow)
        {
            driver.Stack.Schedule(connection);
        }
    }

    public override void CancelPendingRead()
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
        if (!_closed)
        {
            Close();
            connection.IgnoreInput(turn.Now);
            driver.Stack.Schedule(connection);
        }
    }

    /// <summary>Nothing is read any more, and who waits need not; under the lock.</summary>
    public void Close()
    {
        _closed = true;
        driver.Wake(Signal);
    }

    PipeReadResult IValueTaskSource<PipeReadResult>.GetResult(short token)
    {
        Signal.GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            if (_closed)
            {
                throw TcpFailure.Of(SocketError.OperationAborted);
            }

            if (!TryTake(out var result))
            {
                _token.ThrowIfCancellationRequested();
                result = new PipeReadResult(connection.Receiver.Buffer.Read(), isCanceled: true, isCompleted: false);
            }

            return result;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<PipeReadResult>.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource<PipeReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);

    private static long Offset(SequencePosition position) =>
        position.GetObject() is ReceiveBlock block ? block.RunningIndex + position.GetInteger() : -1;

    private ValueTask<PipeReadResult> BeginRead(CancellationToken cancellationToken)
    {
        short token;
        lock (driver.Lock)
        {
            ThrowIfClosed();
            if (TryTake(out var result))
            {
                return new ValueTask<PipeReadResult>(result);
            }

            token = Signal.Arm();
            _token = cancellationToken;
        }

        _registration = cancellationToken.UnsafeRegister(static reader => ((TcpReader)reader!).Wake(), this);
        return new ValueTask<PipeReadResult>(this, token);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, typeof(TcpSocket));

    private bool TryTake(out PipeReadResult result)
    {
        var buffer = connection.Receiver.Buffer;
        var failure = connection.InputIsWhole ? null : TcpFailure.Of(connection);
        if (buffer.Readable == 0 || buffer.End <= _examined)
        {
            if (failure is not null)
            {
                throw failure;
            }

            if (!connection.InputEnded && !_cancelled)
            {
                result = default;
                return false;
            }
        }

        result = new PipeReadResult(buffer.Read(), _cancelled, connection.InputEnded && failure is null);
        _cancelled = false;
        return true;
    }

    private void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }
}
