namespace Onetun.NetStack;

/// <summary>
/// Spreads segments over time in bursts small enough for the network and large enough for one system call
/// (draft-ietf-ccwg-bbr-05 §5.6.2 and §5.6.3).
/// </summary>
internal struct Pacer
{
    /// <summary>
    /// What a timer may be late by and still be made up for. Timers tick in milliseconds and wake a thread; without
    /// credit every millisecond of theirs would be lost to the flow.
    /// </summary>
    private static readonly TimeSpan Credit = TimeSpan.FromMilliseconds(4);

    /// <summary>The same in bytes, for fast flows: one burst. Their ACKs come more often than timers tick.</summary>
    private const int MaxBurst = 64 * 1024;

    private bool _waits;

    /// <summary>C.next_send_time.</summary>
    public TimeSpan Release { get; private set; }

    /// <summary>Whether a segment may go out now.</summary>
    public bool Allows(TimeSpan now)
    {
        _waits &= now < Release;
        return !_waits;
    }

    /// <summary>A segment went out.</summary>
    /// <param name="now">When.</param>
    /// <param name="length">Its length.</param>
    /// <param name="rate">Bytes a second; 0 when nothing is to be spread.</param>
    /// <param name="segmentSize">SMSS.</param>
    public void OnSent(TimeSpan now, int length, double rate, int segmentSize)
    {
        if (rate <= 0)
        {
            _waits = false;
            return;
        }

        var credit = Math.Min(Credit.TotalSeconds, MaxBurst / rate);
        var earliest = now - TimeSpan.FromSeconds(credit);
        Release = (Release > earliest ? Release : earliest) + TimeSpan.FromSeconds(length / rate);
        var burst = Math.Max(Math.Min(rate / 1000, MaxBurst), 2 * segmentSize); // §5.6.3: 1 ms
        _waits = Release - now >= TimeSpan.FromSeconds(burst / rate);
    }

    /// <summary>Nothing was in flight: time that passed is no credit.</summary>
    public void Restart(TimeSpan now) => (Release, _waits) = (Release > now ? Release : now, false);
}
