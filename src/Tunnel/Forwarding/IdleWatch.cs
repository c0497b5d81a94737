namespace Onetun.Tunnel.Forwarding;

/// <summary>Ends something when it has been silent for long enough.</summary>
internal sealed class IdleWatch : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly Action _end;
    private readonly ITimer _timer;
    private long _lastActive;

    public IdleWatch(TimeProvider time, TimeSpan timeout, Action end)
    {
        _time = time;
        _timeout = timeout;
        _end = end;
        Touch();
        _timer = time.CreateTimer(static watch => ((IdleWatch)watch!).Look(), this, timeout, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It has ended for its silence.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>It is not silent.</summary>
    public void Touch() => Volatile.Write(ref _lastActive, _time.GetTimestamp());

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private void Look()
    {
        // The timer is re-armed only when it fires: what passes costs no more than a look at the clock.
        var remaining = _timeout - _time.GetElapsedTime(Volatile.Read(ref _lastActive));
        if (remaining > TimeSpan.Zero)
        {
            _timer.Change(remaining, Timeout.InfiniteTimeSpan);
            return;
        }

        HasEnded = true;
        _end();
    }
}
