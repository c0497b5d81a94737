using System.Diagnostics.CodeAnalysis;
using Onetun.NetStack;

namespace Onetun.Testing;

/// <summary>
/// Those who waited for the network, and go on one after the other, in the order in which they were woken: on the thread that drives the time
/// while there is one, otherwise on the thread pool.
/// </summary>
internal sealed class Waiters : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private readonly Queue<Signal> _woken = new();
    private bool _isQueued;
    private bool _isDriven;

    /// <summary>Whether somebody drives the time, who runs them by <see cref="RunAll"/>.</summary>
    public bool IsDriven
    {
        get
        {
            lock (_lock)
            {
                return _isDriven;
            }
        }

        set
        {
            lock (_lock)
            {
                _isDriven = value;
                QueueIfUndriven();
            }
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
            {
                return _woken.Count == 0;
            }
        }
    }

    public void Add(Signal signal)
    {
        lock (_lock)
        {
            _woken.Enqueue(signal);
            QueueIfUndriven();
        }
    }

    /// <summary>Runs them, and those woken meanwhile, until there are none; false if there were none.</summary>
    public bool RunAll()
    {
        var hasRun = false;
        while (TryTake(out var signal))
        {
            signal.Execute();
            hasRun = true;
        }

        return hasRun;
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryTakeUndriven(out var signal))
        {
            signal.Execute();
        }
    }

    private bool TryTake([NotNullWhen(true)] out Signal? signal)
    {
        lock (_lock)
        {
            return _woken.TryDequeue(out signal);
        }
    }

    private bool TryTakeUndriven([NotNullWhen(true)] out Signal? signal)
    {
        lock (_lock)
        {
            signal = null;
            _isQueued = !_isDriven && _woken.TryDequeue(out signal);
            return _isQueued;
        }
    }

    private void QueueIfUndriven()
    {
        if (!_isDriven && !_isQueued && _woken.Count > 0)
        {
            _isQueued = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
