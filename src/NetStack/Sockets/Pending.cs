using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>
/// A waiting read or flush of a pipe: it waits for its signal or for cancellation, and gets its result, under the lock, only
/// when it continues.
/// </summary>
internal sealed class Pending<T>(StackDriver driver, IPendingOwner<T> owner) : Signal, IValueTaskSource<T>
{
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    /// <summary>Starts to wait; under the lock.</summary>
    public short Arm(CancellationToken cancellationToken)
    {
        var version = Arm();
        _token = cancellationToken;
        return version;
    }

    /// <summary>The task that the caller awaits; called after the lock is released.</summary>
    public ValueTask<T> Begin(short version, CancellationToken cancellationToken)
    {
        _registration = cancellationToken.UnsafeRegister(static pending => ((Pending<T>)pending!).Wake(), this);
        return new ValueTask<T>(this, version);
    }

    /// <summary>Wakes the waiter, which looks at the state again.</summary>
    public void Wake()
    {
        using var turn = driver.BeginTurn();
        driver.Wake(this);
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        GetResult(token);
        _registration.Dispose();
        lock (driver.Lock)
        {
            return owner.Finish(_token);
        }
    }
}
