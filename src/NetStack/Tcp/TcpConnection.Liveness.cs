namespace Onetun.NetStack;

/// <summary>How long a silent peer is believed in: keepalives and the user timeout.</summary>
internal sealed partial class TcpConnection
{
    private TimeSpan _heardAt;
    private TimeSpan _waitingSince;
    private int _keepAlives;

    /// <summary>RFC 5482: when what waits to be acknowledged, or for a window, has waited long enough.</summary>
    private TimeSpan PatienceEnd =>
        Options.UserTimeout > TimeSpan.Zero ? TcpTimers.After(_waitingSince, Options.UserTimeout) : TimeSpan.MaxValue;

    /// <summary>The silence before the first keepalive.</summary>
    private TimeSpan KeepAlive => State is TcpState.CloseWait or TcpState.FinWait2
        ? Lesser(Options.KeepAlive, TcpSettings.HalfClosedKeepAlive)
        : Options.KeepAlive;

    /// <summary>A timer that is running goes off no later than patience ends.</summary>
    private void LosePatience(TcpTimer timer)
    {
        if (_timers.IsSet(timer))
        {
            _timers.Set(timer, Within(_timers[timer]));
        }
    }

    private TimeSpan Within(TimeSpan deadline) => Lesser(deadline, PatienceEnd);

    private static TimeSpan Lesser(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void Heard(TimeSpan now) => (_heardAt, _keepAlives) = (now, 0);

    private void StartKeepAlive(TimeSpan now)
    {
        Heard(now);
        ArmKeepAlive();
    }

    private void ArmKeepAlive() => _timers.Set(
        TcpTimer.KeepAlive, Options.KeepAlive > TimeSpan.Zero ? TcpTimers.After(_heardAt, KeepAlive) : TimeSpan.MaxValue);

    /// <summary>RFC 9293 §3.8.4: only when nothing is on its way that has to be answered anyway.</summary>
    private void OnKeepAliveTimeout(TimeSpan now)
    {
        var due = TcpTimers.After(_heardAt + (_keepAlives * TcpSettings.KeepAliveInterval), KeepAlive);
        if (now < due || !Sender.IsQuiet || Sender.HasUnsent)
        {
            _timers.Set(TcpTimer.KeepAlive, now < due ? due : now + TcpSettings.KeepAliveInterval);
            return;
        }

        if (++_keepAlives > TcpSettings.KeepAliveProbes)
        {
            TimeOut();
            return;
        }

        _probeDue = true;
        _timers.Set(TcpTimer.KeepAlive, now + Lesser(KeepAlive, TcpSettings.KeepAliveInterval));
    }
}
