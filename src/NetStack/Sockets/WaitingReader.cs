using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>
/// What the readers of sockets have in common: a read that waits until there is something to take. Faults are in the task
/// that it returns.
/// </summary>
internal abstract class WaitingReader(StackDriver driver, Type owner) : PipeReader, IValueTaskSource<PipeReadResult>
{
    private bool _closed;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public Signal Signal { get; } = new();

    protected StackDriver Driver => driver;

    /// <summary>Somebody wants the pending read, or the next one, to end; under the lock.</summary>
    protected bool IsCancelled { get; set; }

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

    public override void CancelPendingRead()
    {
        lock (driver.Lock)
        {
            IsCancelled = true;
        }

        Wake();
    }

    PipeReadResult IValueTaskSource<PipeReadResult>.GetResult(short token)
    {
        Signal.GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            if (_closed)
            {
                throw Aborted();
            }

            if (!TryTake(out var result))
            {
                _token.ThrowIfCancellationRequested();
                result = Cancelled();
            }

            return result;
        }
    }

    ValueTaskSourceStatus IValueTaskSource<PipeReadResult>.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource<PipeReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);

    /// <summary>There is something to read; under the lock.</summary>
    protected abstract bool CanTake { get; }

    /// <summary>What there is to read, or false; under the lock.</summary>
    protected abstract bool TryTake(out PipeReadResult result);

    /// <summary>What a read gives that was woken for nothing.</summary>
    protected abstract PipeReadResult Cancelled();

    /// <summary>How a read ends that waits while the socket is disposed.</summary>
    protected abstract Exception Aborted();

    /// <summary>Nothing is read any more, and who waits need not; under the lock. False if that was so already.</summary>
    protected bool TryClose()
    {
        driver.Wake(Signal);
        return !_closed && (_closed = true);
    }

    private ValueTask<PipeReadResult> BeginRead(CancellationToken cancellationToken)
    {
        short token;
        lock (driver.Lock)
        {
            ThrowIfClosed();
            var isDeferred = CanTake && driver.TryDefer(Signal);
            if (!isDeferred && TryTake(out var result))
            {
                return new ValueTask<PipeReadResult>(result);
            }

            token = Signal.Arm();
            _token = cancellationToken;
        }

        _registration = cancellationToken.UnsafeRegister(static reader => ((WaitingReader)reader!).Wake(), this);
        return new ValueTask<PipeReadResult>(this, token);
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, owner);

    private void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }
}
