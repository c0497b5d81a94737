namespace Onetun.Tunnel;

/// <summary>Somebody's time, with timestamps in ticks of a <see cref="TimeSpan"/>, as drivers have it.</summary>
internal sealed class TickTime : TimeProvider
{
    private readonly TimeProvider _time;

    private TickTime(TimeProvider time)
    {
        _time = time;
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => _time.LocalTimeZone;

    /// <summary>For none, and for the system's, the clock that counts sleep.</summary>
    public static TimeProvider Of(TimeProvider? time) =>
        time is null || time == System ? Clock.Instance
        : time.TimestampFrequency == TimeSpan.TicksPerSecond ? time
        : new TickTime(time);

    public override long GetTimestamp() => _time.GetElapsedTime(0).Ticks;

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _time.CreateTimer(callback, state, dueTime, period);
}
