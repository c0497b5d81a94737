using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// One waiter, woken again and again without allocating. It is armed and fired under the driver's lock; the waiter runs
/// after the lock is released, never inside it: on the thread pool, or inline where it asks for that.
/// </summary>
internal sealed class Signal : IThreadPoolWorkItem
{
    private ManualResetValueTaskSourceCore<bool> _core;

    public bool IsArmed { get; private set; }

    /// <inheritdoc cref="TcpSocket.ContinuesInline"/>
    public bool IsInline { get; set; }

    /// <summary>The wait is for a round to go on in, and for nothing else.</summary>
    public bool IsDeferred { get; set; }

    /// <summary>Starts a wait; the token goes into the ValueTask.</summary>
    /// <exception cref="InvalidOperationException">Somebody waits already.</exception>
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

    /// <summary>True if somebody waits, who is then to be woken by queueing this.</summary>
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
