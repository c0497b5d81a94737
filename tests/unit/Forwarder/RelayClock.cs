using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>A virtual clock that knows when a relay waits by it.</summary>
internal sealed class RelayClock : FakeTimeProvider
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private long _waits;

    /// <summary>How often somebody has begun to wait.</summary>
    public long Waits => Interlocked.Read(ref _waits);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        new Watched(this, base.CreateTimer(callback, state, dueTime, period));

    /// <summary>Has the relay look at its connections so many times, unless it ends.</summary>
    public void Look(Task relay, int times)
    {
        for (var i = 0; i < times; i++)
        {
            Until(() => Waits > 0 || relay.IsCompleted);
            var before = Waits;
            Advance(TimeSpan.FromSeconds(5));
            Until(() => Waits > before || relay.IsCompleted);
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

    /// <summary>May be changed and disposed by two threads at once, as a real timer may; the package's would lose its callback.</summary>
    private sealed class Watched(RelayClock clock, ITimer timer) : ITimer
    {
        private readonly Lock _gate = new();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed;
            lock (_gate)
            {
                changed = timer.Change(dueTime, period);
            }

            Interlocked.Increment(ref clock._waits);
            return changed;
        }

        public void Dispose()
        {
            lock (_gate)
            {
                timer.Dispose();
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
