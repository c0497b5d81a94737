using System.IO.Pipelines;
using PipeReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.NetStack;

/// <summary>
/// The common part of the readers of sockets: a read that waits until there is something to read, and reports errors in the
/// task that it returns.
/// </summary>
internal abstract class WaitingReader : PipeReader, IPendingOwner<PipeReadResult>
{
    private readonly Type _owner;
    private readonly Pending<PipeReadResult> _pending;
    private bool _closed;

    protected WaitingReader(StackDriver driver, Type owner)
    {
        (Driver, _owner) = (driver, owner);
        _pending = new Pending<PipeReadResult>(driver, this);
    }

    public Signal Signal => _pending;

    protected StackDriver Driver { get; }

    /// <summary>The pending read, or the next one, is to return cancelled; under the lock.</summary>
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
        using var turn = Driver.BeginTurn();
        IsCancelled = true;
        Driver.Wake(Signal);
    }

    /// <summary>Whether there is something to read; under the lock.</summary>
    protected abstract bool CanTake { get; }

    /// <summary>Takes what there is to read; false if a read has to wait. Under the lock.</summary>
    protected abstract bool TryTake(out PipeReadResult result);

    /// <summary>The result of a read that was woken without anything to read.</summary>
    protected abstract PipeReadResult Cancelled();

    /// <summary>The exception of a read that waits while the socket is disposed.</summary>
    protected abstract Exception Aborted();

    /// <summary>Ends reading, and wakes a waiting read; false if it had ended already. Under the lock.</summary>
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

    PipeReadResult IPendingOwner<PipeReadResult>.Finish(CancellationToken cancellationToken)
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
