namespace Onetun.NetStack;

/// <summary>
/// Paces segments, in bursts small enough for the network and large enough to be worth a system call
/// (draft-ietf-ccwg-bbr-05 §5.6.2 and §5.6.3).
/// </summary>
internal struct Pacer
{
    /// <summary>
    /// The lateness of a timer that is made up for. Timers have a resolution of milliseconds and wake a thread; without
    /// credit, the flow would lose every millisecond by which they are late.
    /// </summary>
    private static readonly TimeSpan Credit = TimeSpan.FromMilliseconds(4);

    /// <summary>
    /// The same in bytes, for fast flows: one burst, since their ACKs come more often than timers fire. It is one system call.
    /// </summary>
    private const int MaxBurst = 64 * 1024;

    /// <summary>
    /// The same over longer paths than <see cref="ShortPath"/>, where the window is many bursts, and the socket of the peer's
    /// WireGuard has room for 85 full datagrams at once (Linux, 208 KiB with their overhead). With it, 1 Gbit/s is 1.2 times as
    /// fast over 5 and 20 ms; at 1 ms there is no difference. Flows that are faster still have 0.1 ms' worth.
    /// </summary>
    private const int LongPathBurst = 16 * 1024;

    private static readonly TimeSpan ShortPath = TimeSpan.FromMilliseconds(1);

    private bool _waits;

    /// <summary>C.next_send_time.</summary>
    public TimeSpan Release { get; private set; }

    /// <summary>Whether a segment may be sent now.</summary>
    public bool Allows(TimeSpan now)
    {
        _waits &= now < Release;
        return !_waits;
    }

    /// <summary>A segment was sent.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="rate">The pacing rate in bytes a second; 0 if there is none.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="roundTrip">The smallest round-trip time of the path; zero if there is none yet.</param>
    public void OnSent(TimeSpan now, int length, double rate, int segmentSize, TimeSpan roundTrip)
    {
        if (rate <= 0)
        {
            _waits = false;
            return;
        }

        var most = roundTrip > ShortPath ? Math.Clamp(rate / 10_000, LongPathBurst, MaxBurst) : MaxBurst;
        var credit = Math.Min(Credit.TotalSeconds, most / rate);
        var earliest = now - TimeSpan.FromSeconds(credit);
        Release = (Release > earliest ? Release : earliest) + TimeSpan.FromSeconds(length / rate);
        var burst = Math.Max(Math.Min(rate / 1000, most), 2 * segmentSize); // §5.6.3: 1 ms
        _waits = Release - now >= TimeSpan.FromSeconds(burst / rate);
    }

    /// <summary>Nothing was in flight: idle time earns no credit.</summary>
    public void Restart(TimeSpan now) => (Release, _waits) = (Release > now ? Release : now, false);
}
