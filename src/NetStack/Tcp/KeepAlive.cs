namespace Onetun.NetStack;

/// <summary>How long a peer that has nothing to say is believed in (RFC 9293 §3.8.4): it is asked, and so often in vain.</summary>
internal struct KeepAlive
{
    /// <summary>
    /// The longest silence before the first keepalive of a half-closed connection: who has closed altogether cannot be told
    /// from who only waits or works, but by asking once Linux has forgotten the former (tcp_fin_timeout).
    /// </summary>
    public static readonly TimeSpan HalfClosedSilence = TimeSpan.FromSeconds(60);

    /// <summary>Between keepalives that are not answered (Linux tcp_keepalive_intvl).</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(75);

    /// <summary>So many unanswered keepalives are the end (Linux tcp_keepalive_probes).</summary>
    public const int Probes = 9;

    private TimeSpan _heardAt;
    private int _unanswered;

    /// <summary>What follows when the timer goes off.</summary>
    public enum Step
    {
        Wait,
        Ask,
        GiveUp,
    }

    public void Heard(TimeSpan now) => (_heardAt, _unanswered) = (now, 0);

    /// <summary>When the first is due, after so long a silence; never, if that is zero.</summary>
    public readonly TimeSpan First(TimeSpan silence) =>
        silence > TimeSpan.Zero ? TcpTimers.After(_heardAt, silence) : TimeSpan.MaxValue;

    /// <summary>The timer goes off.</summary>
    /// <param name="now">When.</param>
    /// <param name="silence">Before the first.</param>
    /// <param name="quiet">Nothing is on its way, or about to be, that has to be answered anyway.</param>
    /// <param name="next">When it is to go off again.</param>
    public Step OnTimeout(TimeSpan now, TimeSpan silence, bool quiet, out TimeSpan next)
    {
        next = TcpTimers.After(_heardAt + (_unanswered * Interval), silence);
        if (now < next)
        {
            return Step.Wait;
        }

        next = now + Interval;
        if (!quiet)
        {
            return Step.Wait;
        }

        if (++_unanswered > Probes)
        {
            return Step.GiveUp;
        }

        next = now + TcpTimers.Lesser(silence, Interval);
        return Step.Ask;
    }
}
