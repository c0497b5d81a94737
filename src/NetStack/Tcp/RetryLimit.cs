namespace Onetun.NetStack;

/// <summary>
/// How long a peer that does not answer is retransmitted to or probed: a number of times (RFC 9293 §3.8.3), and no longer than the
/// user timeout (RFC 5482).
/// </summary>
/// <param name="now">When the first segment that asks for an answer is sent.</param>
internal struct RetryLimit(TimeSpan now)
{
    /// <summary>
    /// R2 of RFC 9293 §3.8.3 is at least 100 s; 15 retransmissions from 200 ms on, at most 60 s each, take about 9 minutes (Linux's
    /// tcp_retries2, at most 120 s each: 15).
    /// </summary>
    public const int MaxRetries = 15;

    private TimeSpan _waitingSince = now;

    /// <summary>The longest that all retries may take; zero means no limit.</summary>
    public TimeSpan UserTimeout { get; set; }

    /// <summary>The number of consecutive timeouts.</summary>
    public int Retries { get; private set; }

    private readonly TimeSpan End =>
        UserTimeout > TimeSpan.Zero ? TcpTimers.After(_waitingSince, UserTimeout) : TimeSpan.MaxValue;

    /// <summary>The user timeout starts anew: data was just sent, acknowledged, or blocked by the peer's window.</summary>
    public void Begin(TimeSpan now) => _waitingSince = now;

    /// <summary>The peer answered.</summary>
    public void OnAnswered() => Retries = 0;

    /// <summary>A timer expired without an answer.</summary>
    /// <returns>Whether to try again.</returns>
    public bool TryAgain(TimeSpan now) => ++Retries <= MaxRetries && now < End;

    /// <summary>The deadline of a timer, no later than the user timeout.</summary>
    public readonly TimeSpan Within(TimeSpan deadline) => TcpTimers.Lesser(deadline, End);
}
