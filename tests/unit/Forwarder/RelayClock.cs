using Microsoft.Extensions.Time.Testing;
using Onetun.Forwarder.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A virtual clock that knows when a relay waits by it.</summary>
internal sealed class RelayClock : FakeTimeProvider
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private long _timers;

    /// <summary>How often somebody has begun to wait.</summary>
    public long Timers => Interlocked.Read(ref _timers);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }

    /// <summary>Has the relay look at its connections so many times, unless it ends.</summary>
    public void Look(Task relay, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Until(() => Timers > 0 || relay.IsCompleted);
            var before = Timers;
            Advance(TimeSpan.FromSeconds(5));
            Until(() => Timers > before || relay.IsCompleted);
        }
    }

    /// <summary>Has the relay look until it ends.</summary>
    public async Task<RelayResult> EndAsync(Task<RelayResult> relay)
    {
        Until(() =>
        {
            Advance(TimeSpan.FromSeconds(5));
            return relay.IsCompleted;
        });
        return await relay;
    }

    /// <summary>Waits for a condition.</summary>
    public static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Deadline), "in vain");
}
