namespace Onetun.NetStack;

/// <summary>How long a silent peer is believed in: keepalives and the user timeout.</summary>
internal sealed partial class TcpConnection
{
    private TimeSpan _heardAt;
    private TimeSpan _waitingSince;
    private int _keepAlives;

    /// <summary>RFC 5482: when what waits to be acknowledged, or for a window, has waited long enough.</summary>
    private TimeSpan PatienceEnd =>
        _settings.Options.UserTimeout > TimeSpan.Zero ? _waitingSince + _settings.Options.UserTimeout : TimeSpan.MaxValue;

    /// <summary>The silence before the first keepalive.</summary>
    private TimeSpan KeepAlive => State is TcpState.CloseWait or TcpState.FinWait2
        ? Lesser(_settings.Options.KeepAlive, TcpSettings.HalfClosedKeepAlive)
        : _settings.Options.KeepAlive;

    private TimeSpan Within(TimeSpan deadline) => Lesser(deadline, PatienceEnd);

    private static TimeSpan Lesser(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void Heard(TimeSpan now) => (_heardAt, _keepAlives) = (now, 0);

    private void StartKeepAlive(TimeSpan now)
    {
        Heard(now);
        if (_settings.Options.KeepAlive > TimeSpan.Zero)
        {
            _timers.Set(TcpTimer.KeepAlive, now + KeepAlive);
        }
    }

    /// <summary>RFC 9293 §3.8.4: only when nothing is on its way that has to be answered anyway.</summary>
    private void OnKeepAliveTimeout(TimeSpan now)
    {
        var due = _heardAt + KeepAlive + (_keepAlives * TcpSettings.KeepAliveInterval);
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
