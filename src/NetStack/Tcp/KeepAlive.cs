namespace Onetun.NetStack;

/// <summary>When an idle peer is probed, and when it is given up (RFC 9293 §3.8.4).</summary>
internal struct KeepAlive
{
    /// <summary>
    /// The longest idle time before the first keepalive of a half-closed connection. A peer that has closed both directions
    /// looks like one that is still waiting or working, until it is probed after Linux has forgotten it (tcp_fin_timeout).
    /// </summary>
    public static readonly TimeSpan HalfClosedIdle = TimeSpan.FromSeconds(60);

    /// <summary>The time between unanswered keepalives (Linux: tcp_keepalive_intvl).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(75);

    /// <summary>The unanswered keepalives after which the peer is given up (Linux: tcp_keepalive_probes).</summary>
    public const int Probes = 9;

    private int _unanswered;

    /// <summary>What to do when the timer expires.</summary>
    public enum Step
    {
        Wait,
        Probe,
        GiveUp,
    }

    /// <summary>When the peer was heard last.</summary>
    public TimeSpan ReceivedAt { get; private set; }

    public void OnReceived(TimeSpan now) => (ReceivedAt, _unanswered) = (now, 0);

    /// <summary>When the first keepalive is due after the given idle time; never if that is zero.</summary>
    public readonly TimeSpan First(TimeSpan idle) =>
        idle > TimeSpan.Zero ? TcpTimers.After(ReceivedAt, idle) : TimeSpan.MaxValue;

    /// <summary>The timer expired.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="idle">The idle time before the first keepalive.</param>
    /// <param name="isSending">Data or a FIN is outstanding or unsent, and has to be acknowledged anyway.</param>
    /// <param name="next">When the timer is to expire again.</param>
    public Step OnTimeout(TimeSpan now, TimeSpan idle, bool isSending, out TimeSpan next)
    {
        next = TcpTimers.After(ReceivedAt + (_unanswered * Interval), idle);
        if (now < next)
        {
            return Step.Wait;
        }

        next = now + Interval;
        if (isSending)
        {
            return Step.Wait;
        }

        if (++_unanswered > Probes)
        {
            return Step.GiveUp;
        }

        next = now + TcpTimers.Lesser(idle, Interval);
        return Step.Probe;
    }
}
