using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// A waiter that is woken repeatedly without allocating. It is armed and fired under the driver's lock, but runs after the lock is
/// released: on the thread pool, or inline if it asks for that.
/// </summary>
internal class Signal : IThreadPoolWorkItem, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;

    public bool IsArmed { get; private set; }

    /// <inheritdoc cref="TcpSocket.ContinuesInline"/>
    public bool IsInline { get; set; }

    /// <summary>The waiter waits only for the next round, in which it is to continue.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Starts a wait; the token goes into the ValueTask.</summary>
    /// <exception cref="InvalidOperationException">There is a waiter already.</exception>
    public short Arm()
    {
        if (IsArmed)
        {
            throw new InvalidOperationException("Only one read, one flush and one accept may wait at a time.");
        }

        IsArmed = true;
        _core.Reset();
        return _core.Version;
    }

    /// <summary>Fires the signal; true if there is a waiter, which the caller then queues or executes.</summary>
    public bool TryFire()
    {
        var armed = IsArmed;
        (IsArmed, IsDeferred) = (false, false);
        return armed;
    }

    public void Execute() => _core.SetResult(true);

    public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

    public void OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    public void GetResult(short token) => _core.GetResult(token);
}
