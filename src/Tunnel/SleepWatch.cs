namespace Onetun.Tunnel;

/// <summary>Whether the machine slept: after more than 30 s both sides' ideas of a session's age have drifted apart.</summary>
/// <param name="timeAsleep">How long the machine has slept, counted from any moment.</param>
internal sealed class SleepWatch(Func<TimeSpan> timeAsleep)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private TimeSpan _seen = timeAsleep();

    /// <summary>True once after each such sleep.</summary>
    public bool TryWake()
    {
        var before = _seen;
        _seen = timeAsleep();
        return _seen - before > Limit;
    }
}
