using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>Waits on a queue of the stack for its next item; one caller at a time.</summary>
internal sealed class Acceptor<T>(StackDriver driver, Func<T?> take, Func<bool> isClosed) : IValueTaskSource
    where T : class
{
    /// <summary>Something was queued, or the queue was closed.</summary>
    public Signal Signal { get; } = new();

    /// <summary>Nobody accepts any more; under the lock.</summary>
    public bool IsDisposed { get; set; }

    /// <summary>The next item.</summary>
    /// <exception cref="SocketException">The queue was closed.</exception>
    /// <exception cref="ObjectDisposedException">By whoever asks for more of it.</exception>
    public async ValueTask<T> AcceptAsync(object owner, CancellationToken cancellationToken)
    {
        lock (driver.Lock)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, owner);
        }

        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            short token;
            lock (driver.Lock)
            {
                if (isClosed())
                {
                    throw new SocketException((int)SocketError.OperationAborted);
                }

                if (take() is { } item)
                {
                    return item;
                }

                token = Signal.Arm();
            }

            using (cancellationToken.UnsafeRegister(static acceptor => ((Acceptor<T>)acceptor!).Wake(), this))
            {
                await new ValueTask(this, token).ConfigureAwait(false);
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.GetResult(short token) => Signal.GetResult(token);

    private void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }
}
