namespace Onetun.Testing;

/// <summary>Rings when the next thing is due, by the one timer of a network. It is only ever brought forward.</summary>
internal sealed class Alarm : IAsyncDisposable
{
    // What a timer takes
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private readonly bool _isExact;
    private TimeSpan _at = TimeSpan.MaxValue;

    /// <param name="time">Whose timer rings.</param>
    /// <param name="isExact">Whether that counts ticks; otherwise it counts milliseconds, and would ring early.</param>
    /// <param name="ring">Called when it is time, and perhaps when it is not.</param>
    public Alarm(TimeProvider time, bool isExact, Action ring)
    {
        _isExact = isExact;
        _timer = time.CreateTimer(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings at a deadline, if not before.</summary>
    public void Set(TimeSpan now, TimeSpan deadline)
    {
        lock (_lock)
        {
            if (deadline >= _at)
            {
                return;
            }

            _at = deadline;
            var due = deadline - now;
            due = due > LongestWait ? LongestWait : due;
            if (!_isExact && due > TimeSpan.Zero)
            {
                due = TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds));
            }

            // A clock of tests would ring for zero at once, in the midst of this
            _timer.Change(due > TimeSpan.Zero ? due : TimeSpan.FromTicks(1), Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>It has rung.</summary>
    public void Rang()
    {
        lock (_lock)
        {
            _at = TimeSpan.MaxValue;
        }
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();
}
