namespace Onetun.NetStack;

/// <summary>
/// Paces segments, in bursts small enough for the network and large enough to be worth a system call
/// (draft-ietf-ccwg-bbr-05 §5.6.2 and §5.6.3).
/// </summary>
internal struct Pacer
{
    /// <summary>
    /// The lateness of a timer that is made up for. Some timers have a resolution of milliseconds; without this the flow would lose
    /// every one by which they are late.
    /// </summary>
    private static readonly TimeSpan Lateness = TimeSpan.FromMilliseconds(4);

    /// <summary>The largest burst, and the most that is made up for. It is one system call.</summary>
    private const int MaxBurst = 64 * 1024;

    /// <summary>
    /// The same over longer paths than <see cref="ShortPath"/>, where the window is many bursts, and the socket of the peer's
    /// WireGuard has room for 85 full datagrams at once (Linux, 208 KiB with their overhead). With it, 1 Gbit/s is 1.2 times as
    /// fast over 5 and 20 ms; at 1 ms there is no difference. Flows that are faster still have <see cref="Instant"/>.
    /// </summary>
    private const int LongPathBurst = 16 * 1024;

    /// <summary>
    /// In seconds, what a burst is worth over such a path in congestion avoidance, one segment at least; and time in which pacing
    /// held nothing back earns no credit there. Whoever sends two or three, as an ACK allows, where somebody else's burst has just
    /// filled the queue loses them.
    /// </summary>
    private const double Instant = 0.1e-3;

    /// <summary>
    /// One burst in so many has two segments at least, for a full queue has room for one more often than for two, and others send
    /// two for an ACK: beside the kernel's CUBIC (20 ms, 20 Mbit/s, a queue of one bandwidth-delay product) a flow of single segments
    /// takes 3.8 times its share, one of pairs 0.6, and one that sends a pair in eight bursts 0.9; over 100 Mbit/s 1.0.
    /// </summary>
    private const int BurstsPerPair = 8;

    private static readonly TimeSpan ShortPath = TimeSpan.FromMilliseconds(1);

    private bool _waits;
    private bool _held;
    private int _bursts; // Since the last pair
    private TimeSpan _madeUp; // When the last hold was over, and whoever was held went on

    /// <summary>C.next_send_time.</summary>
    public TimeSpan Release { get; private set; }

    /// <summary>Whether a segment may be sent now.</summary>
    public readonly bool Allows(TimeSpan now) => !_waits || now >= Release;

    /// <summary>Whether a segment has to wait for <see cref="Release"/> that nothing else holds back.</summary>
    public bool Holds(TimeSpan now)
    {
        var holds = !Allows(now);
        _held |= holds;
        return holds;
    }

    /// <summary>A segment was sent.</summary>
    /// <param name="now">The current time.</param>
    /// <param name="length">Its length in bytes.</param>
    /// <param name="rate">The pacing rate in bytes a second; 0 if there is none.</param>
    /// <param name="segmentSize">SMSS.</param>
    /// <param name="roundTrip">The smallest round-trip time of the path; zero if there is none yet.</param>
    /// <param name="isAvoiding">Congestion avoidance: the window is about what the path holds.</param>
    public void OnSent(TimeSpan now, int length, double rate, int segmentSize, TimeSpan roundTrip, bool isAvoiding)
    {
        if (rate <= 0)
        {
            (_waits, _held) = (false, false);
            return;
        }

        if (_held)
        {
            (_held, _madeUp) = (false, now);
        }

        var isLong = roundTrip > ShortPath;
        var isEven = isLong && isAvoiding;
        var most = isLong ? Math.Clamp(rate * Instant, LongPathBurst, MaxBurst) : MaxBurst;
        var least = _bursts == BurstsPerPair - 1 ? 2 : 1;
        var burst = isEven
            ? Math.Max(Math.Min(rate * Instant, MaxBurst), least * segmentSize) - (segmentSize / 2) // Not one more for a late timer
            : Math.Max(Math.Min(rate / 1000, most), 2 * segmentSize); // §5.6.3: 1 ms
        var credit = _madeUp == now ? MaxBurst : isEven ? 0 : most;
        var earliest = now - TimeSpan.FromSeconds(Math.Min(Lateness.TotalSeconds, credit / rate));
        Release = (Release > earliest ? Release : earliest) + TimeSpan.FromSeconds(length / rate);
        _waits = Release - now >= TimeSpan.FromSeconds(burst / rate);
        _bursts = (_bursts + (_waits ? 1 : 0)) % BurstsPerPair;
    }

    /// <summary>Nothing was in flight: idle time earns no credit.</summary>
    public void Restart(TimeSpan now) => (Release, _waits, _held) = (Release > now ? Release : now, false, false);
}
