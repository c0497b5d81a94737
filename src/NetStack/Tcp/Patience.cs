namespace Onetun.NetStack;

/// <summary>
/// How long the same is sent to a peer that does not answer: so many times (RFC 9293 §3.8.3), and no longer than the user
/// timeout (RFC 5482).
/// </summary>
/// <param name="now">When something first waits for an answer.</param>
internal struct Patience(TimeSpan now)
{
    /// <summary>RFC 9293 §3.8.3 R2: at least 100 s; 15 doublings from 200 ms are 15 minutes.</summary>
    public const int MaxRetries = 15;

    private TimeSpan _waitingSince = now;

    /// <summary>How long that may take altogether; zero leaves it to the retries.</summary>
    public TimeSpan UserTimeout { get; set; }

    /// <summary>How often in a row no answer came in time.</summary>
    public int Retries { get; private set; }

    private readonly TimeSpan End =>
        UserTimeout > TimeSpan.Zero ? TcpTimers.After(_waitingSince, UserTimeout) : TimeSpan.MaxValue;

    /// <summary>What waits to be acknowledged, or for a window, waits from now on.</summary>
    public void Begin(TimeSpan now) => _waitingSince = now;

    /// <summary>The peer lives.</summary>
    public void OnAnswered() => Retries = 0;

    /// <summary>No answer came in time.</summary>
    /// <returns>Whether to try once more.</returns>
    public bool TryAgain(TimeSpan now) => ++Retries <= MaxRetries && now < End;

    /// <summary>A timer goes off no later than patience ends.</summary>
    public readonly TimeSpan Within(TimeSpan deadline) => TcpTimers.Lesser(deadline, End);
}
