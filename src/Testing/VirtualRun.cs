using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Onetun.Testing;

/// <summary>
/// Drives virtual time: everything of one instant happens on this thread, then time jumps to what is due next. Others whose timers are not
/// known to the network are given short steps, and the thread pool real time for what was left to it.
/// </summary>
internal static class VirtualRun
{
    private const int LongestRest = 50; // Milliseconds

    private static readonly TimeSpan ShortestStep = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs until a task ends, or, without one or if it does not, for a time.</summary>
    /// <returns>Whether the task has ended.</returns>
    /// <exception cref="InvalidOperationException">Somebody drives already.</exception>
    public static async Task<bool> UntilAsync(Fabric fabric, Task? task, TimeSpan limit)
    {
        fabric.BeginDriving();
        try
        {
            // On a thread of the pool, for those who wait may need the one that calls
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return await DriveAsync(fabric, (FakeTimeProvider)fabric.Time, task, limit).ConfigureAwait(false);
        }
        finally
        {
            fabric.EndDriving();
        }
    }

    private static async Task<bool> DriveAsync(Fabric fabric, FakeTimeProvider clock, Task? task, TimeSpan limit)
    {
        var end = limit < TimeSpan.MaxValue - fabric.Now ? fabric.Now + limit : TimeSpan.MaxValue;
        var lastEvent = fabric.Now;
        while (true)
        {
            if (fabric.Waiters.RunAll())
            {
                lastEvent = fabric.Now;
            }

            if (task is { IsCompleted: true })
            {
                return true;
            }

            var now = fabric.Now;
            if (now >= end)
            {
                return false;
            }

            await RestAsync(Step(fabric.NextDue), () => !fabric.Waiters.IsEmpty || task is { IsCompleted: true }).ConfigureAwait(false);
            if (fabric.Waiters.IsEmpty && task is not { IsCompleted: true })
            {
                clock.Advance(Step(fabric.NextDue)); // What has rested may have sent something
                lastEvent = fabric.Pump() ? fabric.Now : lastEvent;
            }

            TimeSpan Step(TimeSpan due)
            {
                var idle = (now - lastEvent) / 64;
                var step = due - now < idle || due - now < ShortestStep ? due - now : idle > ShortestStep ? idle : ShortestStep;
                step = step > TimeSpan.Zero ? step : TimeSpan.FromTicks(1);
                return step < end - now ? step : end - now;
            }
        }
    }

    /// <summary>Waits until the thread pool has nothing to do; if it always has, for a fiftieth of a step, so that time passes slowly.</summary>
    private static async ValueTask RestAsync(TimeSpan step, Func<bool> isOver)
    {
        if (IsPoolAtRest())
        {
            return;
        }

        var start = Stopwatch.GetTimestamp();
        var patience = TimeSpan.FromMilliseconds(Math.Min(step.TotalMilliseconds / 50, LongestRest));
        var tries = 0;
        while (!isOver() && !IsPoolAtRest() && Stopwatch.GetElapsedTime(start) < patience)
        {
            if (++tries < 32)
            {
                await Task.Yield();
            }
            else
            {
                await Task.Delay(1).ConfigureAwait(false); // Others need the processor
            }
        }
    }

    private static bool IsPoolAtRest()
    {
        ThreadPool.GetMaxThreads(out var most, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        var others = most - free - (Thread.CurrentThread.IsThreadPoolThread ? 1 : 0);
        return others <= 0 && ThreadPool.PendingWorkItemCount == 0;
    }
}
