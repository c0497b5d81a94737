using System.IO.Pipelines;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>
/// What the readers of sockets have in common: a read that waits until there is something to take. Faults are in the task
/// that it returns.
/// </summary>
internal abstract class WaitingReader : PipeReader
{
    private readonly Type _owner;
    private readonly Pending<PipeReadResult> _pending;
    private bool _closed;

    protected WaitingReader(StackDriver driver, Type owner)
    {
        (Driver, _owner) = (driver, owner);
        _pending = new Pending<PipeReadResult>(driver, Finish);
    }

    public Signal Signal => _pending.Signal;

    protected StackDriver Driver { get; }

    /// <summary>Somebody wants the pending read, or the next one, to end; under the lock.</summary>
    protected bool IsCancelled { get; set; }

    public override bool TryRead(out PipeReadResult result)
    {
        lock (Driver.Lock)
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
        lock (Driver.Lock)
        {
            IsCancelled = true;
        }

        _pending.Wake();
    }

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
        Driver.Wake(Signal);
        return !_closed && (_closed = true);
    }

    private ValueTask<PipeReadResult> BeginRead(CancellationToken cancellationToken)
    {
        short version;
        lock (Driver.Lock)
        {
            ThrowIfClosed();
            var isDeferred = CanTake && Driver.TryDefer(Signal);
            if (!isDeferred && TryTake(out var result))
            {
                return new ValueTask<PipeReadResult>(result);
            }

            version = _pending.Arm(cancellationToken);
        }

        return _pending.Begin(version, cancellationToken);
    }

    private PipeReadResult Finish(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            throw Aborted();
        }

        if (TryTake(out var result))
        {
            return result;
        }

        cancellationToken.ThrowIfCancellationRequested();
        return Cancelled();
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closed, _owner);
}
