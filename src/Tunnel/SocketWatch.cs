using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using System.Threading.Tasks.Sources;

namespace Onetun.Tunnel;

/// <summary>
/// Waits until something can be read from a socket, and continues in a round of the tunnel, so that what is read there and written
/// into the tunnel needs no other thread and leaves with whatever else the round has to send. What continues must not block.
/// One wait at a time.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class SocketWatch(Poller poller, SafeSocketHandle socket, int place) : IValueTaskSource, IThreadPoolWorkItem, IDisposable
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private int _isWaiting;
    private volatile bool _disposed;

    /// <summary>Where the poller keeps it.</summary>
    internal int Place => place;

    internal SafeSocketHandle Socket => socket;

    /// <summary>
    /// Ends when there is something to read, or the end, or when nobody would tell any more; now and then without a reason.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait, which throws nothing.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        using (cancellationToken.UnsafeRegister(static watch => ((SocketWatch)watch!).Cancel(), this))
        {
            await WaitAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc cref="WaitAsync(CancellationToken)"/>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        var task = new ValueTask(this, _core.Version);
        Interlocked.Exchange(ref _isWaiting, 1);
        if (_disposed || !poller.TryArm(this))
        {
            Cancel();
        }

        return task;
    }

    /// <summary>Ends a wait, in the thread pool.</summary>
    public void Cancel()
    {
        if (TryFire())
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>Ends a wait, and every later one at once. The socket is the caller's.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            poller.Forget(this);
            Cancel();
        }
    }

    /// <summary>True if somebody waits, who then is to be run.</summary>
    internal bool TryFire() => Interlocked.Exchange(ref _isWaiting, 0) == 1;

    /// <inheritdoc/>
    public void Execute() => _core.SetResult(true);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);
}
