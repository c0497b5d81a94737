using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>The timers of a connection.</summary>
internal enum TcpTimer
{
    /// <summary>The retransmission timer of RFC 6298, also for SYN and FIN.</summary>
    Retransmission,

    /// <summary>The tail loss probe of RFC 8985 §7.</summary>
    TailLossProbe,

    /// <summary>The reordering timer of RFC 8985 §6.2, step 5.</summary>
    Reordering,

    /// <summary>The next burst may be sent.</summary>
    Pacing,

    /// <summary>The zero-window probe of RFC 9293 §3.8.6.1, and the override timeout of §3.8.6.2.1.</summary>
    Persist,

    /// <summary>The delayed ACK of RFC 9293 §3.8.6.3.</summary>
    DelayedAck,

    /// <summary>The keepalive of RFC 9293 §3.8.4.</summary>
    KeepAlive,

    /// <summary>The end of TIME-WAIT, of an orphan's FIN-WAIT-2, of a handshake, or of the wait for the ACK of our FIN.</summary>
    Linger,

    /// <summary>Nothing was outstanding for a while: what only bulk transfers need is released.</summary>
    Idle,
}

/// <summary>A deadline for each <see cref="TcpTimer"/>, and their minimum.</summary>
internal struct TcpTimers
{
    private Deadlines _deadlines;

    public TcpTimers() => ((Span<TimeSpan>)_deadlines).Fill(TimeSpan.MaxValue);

    public readonly TimeSpan this[TcpTimer timer] => _deadlines[(int)timer];

    public readonly TimeSpan Earliest
    {
        get
        {
            var earliest = TimeSpan.MaxValue;
            foreach (var deadline in _deadlines)
            {
                earliest = deadline < earliest ? deadline : earliest;
            }

            return earliest;
        }
    }

    /// <summary>A time plus a delay; never if that overflows.</summary>
    public static TimeSpan After(TimeSpan time, TimeSpan delay) =>
        delay < TimeSpan.MaxValue - time ? time + delay : TimeSpan.MaxValue;

    /// <summary>The next multiple of a step, or the time itself if it is one.</summary>
    public static TimeSpan RoundUp(TimeSpan time, TimeSpan step) =>
        new((time.Ticks + step.Ticks - 1) / step.Ticks * step.Ticks);

    public static TimeSpan Lesser(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public void Set(TcpTimer timer, TimeSpan deadline) => _deadlines[(int)timer] = deadline;

    public void Stop(TcpTimer timer) => _deadlines[(int)timer] = TimeSpan.MaxValue;

    public void StopAll() => ((Span<TimeSpan>)_deadlines).Fill(TimeSpan.MaxValue);

    public readonly bool IsSet(TcpTimer timer) => _deadlines[(int)timer] != TimeSpan.MaxValue;

    /// <summary>Whether a timer expired; that stops it, so that an expiry cannot repeat itself.</summary>
    public bool TryExpire(TcpTimer timer, TimeSpan now)
    {
        if (_deadlines[(int)timer] > now)
        {
            return false;
        }

        Stop(timer);
        return true;
    }

    [InlineArray(9)]
    private struct Deadlines
    {
        private TimeSpan _first;
    }
}
