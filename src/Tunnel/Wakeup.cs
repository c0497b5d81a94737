using System.Diagnostics.CodeAnalysis;
using System.Runtime.Versioning;

namespace Onetun.Tunnel;

/// <summary>
/// When a driver next looks at its deadlines: a poller rings beside the socket if there is one, otherwise a timer. It is only
/// ever brought forward: once a deadline has moved later, one look finds nothing due, and it is set again. Used under the
/// driver's lock.
/// </summary>
internal sealed class Wakeup : IDisposable
{
    /// <summary>
    /// Milliseconds. Timers stop while the machine sleeps, deadlines do not: this long after it wakes, they are looked at.
    /// </summary>
    private const double LongestWait = 10_000;

    private readonly Poller? _poller;
    private readonly ITimer _timer;
    private TimeSpan _at = TimeSpan.MaxValue;

    /// <param name="time">Whose timer rings, unless there is a poller.</param>
    /// <param name="poller">Rings where datagrams are waited for; disposed with this.</param>
    /// <param name="ring">Called when the timer rings, without the lock.</param>
    public Wakeup(TimeProvider time, Poller? poller, Action ring)
    {
        _poller = poller;
        _timer = time.CreateTimer(
            static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    [MemberNotNullWhen(true, nameof(_poller))]
    [SupportedOSPlatformGuard("linux")]
    private bool HasPoller => _poller is not null;

    /// <summary>Has the driver look at this deadline at the latest.</summary>
    public void SetBy(TimeSpan now, TimeSpan deadline)
    {
        if (deadline >= _at)
        {
            return;
        }

        _at = deadline;
        if (HasPoller)
        {
            _poller.Set(deadline);
            return;
        }

        var due = Math.Clamp(Math.Ceiling((deadline - now).TotalMilliseconds), 0, LongestWait);
        _timer.Change(TimeSpan.FromMilliseconds(due), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Has the thread that waits for datagrams look at once; false if it cannot be woken.</summary>
    public bool TrySummon(TimeSpan now)
    {
        if (!HasPoller)
        {
            return false;
        }

        _at = now;
        _poller.Set(now);
        return true;
    }

    /// <summary>The timer rang, perhaps a fraction of a millisecond early.</summary>
    public void Rang(TimeSpan now) => _at = now;

    /// <summary>True if it is time, and then not again until the next deadline is set.</summary>
    public bool TryTake(TimeSpan now)
    {
        if (now < _at)
        {
            return false;
        }

        _at = TimeSpan.MaxValue;
        return true;
    }

    public void Dispose()
    {
        _timer.Dispose();
        _poller?.Dispose();
    }
}
