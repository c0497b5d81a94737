using System.Runtime.CompilerServices;

namespace Onetun.NetStack;

/// <summary>The deadlines a connection may have.</summary>
internal enum TcpTimer
{
    /// <summary>RFC 6298, also for SYN and FIN.</summary>
    Retransmission,

    /// <summary>RFC 8985 §7: tail loss probe.</summary>
    TailLossProbe,

    /// <summary>RFC 8985 §6.2 step 5: a segment may yet prove merely reordered.</summary>
    Reordering,

    /// <summary>The next burst may go out.</summary>
    Pacing,

    /// <summary>RFC 9293 §3.8.6.1: zero-window probe.</summary>
    Persist,

    /// <summary>RFC 9293 §3.8.6.3.</summary>
    DelayedAck,

    /// <summary>RFC 9293 §3.8.4.</summary>
    KeepAlive,

    /// <summary>The end of TIME-WAIT, of an orphan's FIN-WAIT-2, or of a handshake.</summary>
    Linger,

    /// <summary>Nothing was outstanding for a while: what bulk transfer needs may be given back.</summary>
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

    /// <summary>So long after a time, or never.</summary>
    public static TimeSpan After(TimeSpan time, TimeSpan delay) =>
        delay < TimeSpan.MaxValue - time ? time + delay : TimeSpan.MaxValue;

    public static TimeSpan Lesser(TimeSpan one, TimeSpan other) => one < other ? one : other;

    public void Set(TcpTimer timer, TimeSpan deadline) => _deadlines[(int)timer] = deadline;

    public void Stop(TcpTimer timer) => _deadlines[(int)timer] = TimeSpan.MaxValue;

    public void StopAll() => ((Span<TimeSpan>)_deadlines).Fill(TimeSpan.MaxValue);

    public readonly bool IsSet(TcpTimer timer) => _deadlines[(int)timer] != TimeSpan.MaxValue;

    /// <summary>True once per expiry: the deadline is cleared, so that an expiry that re-arms nothing cannot spin.</summary>
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
