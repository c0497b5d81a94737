using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// The read or flush of a pipe that waits: for its signal, or until it is cancelled. It ends, under the lock, in what there is by then.
/// </summary>
internal sealed class Pending<T>(StackDriver driver, Func<CancellationToken, T> finish) : IValueTaskSource<T>
{
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public Signal Signal { get; } = new();

    /// <summary>Starts to wait; under the lock.</summary>
    public short Arm(CancellationToken cancellationToken)
    {
        var version = Signal.Arm();
        _token = cancellationToken;
        return version;
    }

    /// <summary>What the caller awaits; once the lock is released.</summary>
    public ValueTask<T> Begin(short version, CancellationToken cancellationToken)
    {
        _registration = cancellationToken.UnsafeRegister(static pending => ((Pending<T>)pending!).Wake(), this);
        return new ValueTask<T>(this, version);
    }

    /// <summary>Has who waits look again.</summary>
    public void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(Signal);
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        Signal.GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            return finish(_token);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => Signal.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Signal.OnCompleted(continuation, state, token, flags);
}
