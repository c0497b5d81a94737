using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel.Forwarding;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class FlowTableTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task A_full_table_ends_the_flow_that_was_silent_for_longest()
    {
        await using var table = new FlowTable<int, TestFlow>(_time, TimeSpan.FromSeconds(60), 3);
        var flows = Enumerable.Range(0, 4).Select(_ => new TestFlow(_time)).ToArray();
        for (var i = 0; i < 3; i++)
        {
            table.Add(i, flows[i]);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        flows[0].Touch();
        table.Add(3, flows[3]);
        Assert.Equal([false, true, false, false], flows.Select(flow => flow.IsDisposed));
        Assert.False(table.TryGet(1, out _));
        Assert.True(table.TryGet(0, out _));
    }

    [Fact]
    public async Task A_flow_that_was_answered_outlives_a_flood_of_those_that_were_not()
    {
        await using var table = new FlowTable<int, TestFlow>(_time, TimeSpan.FromSeconds(60), 3);
        var answered = new TestFlow(_time);
        table.Add(0, answered);
        answered.Answer();
        var last = answered;
        for (var i = 1; i <= 100; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            table.Add(i, last = new TestFlow(_time));
        }

        Assert.Equal((false, false, 3), (answered.IsDisposed, last.IsDisposed, table.Count));
        // And the last of all to go
        Assert.True(table.TryEndOne() && table.TryEndOne());
        Assert.Equal((false, true), (answered.IsDisposed, last.IsDisposed));
        Assert.True(table.TryEndOne());
        Assert.False(table.TryEndOne());
    }

    [Fact]
    public async Task Each_flow_ends_when_its_own_silence_is_long_enough()
    {
        await using var table = new FlowTable<int, TestFlow>(_time, TimeSpan.FromSeconds(60), 10);
        var (busy, silent, late) = (new TestFlow(_time), new TestFlow(_time), new TestFlow(_time));
        table.Add(1, busy);
        table.Add(2, silent);
        _time.Advance(TimeSpan.FromSeconds(40));
        busy.Touch();
        table.Add(3, late);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal((false, true, false), (busy.IsDisposed, silent.IsDisposed, late.IsDisposed));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal((true, true), (busy.IsDisposed, late.IsDisposed));
        Assert.Equal(0, table.Count);
    }

    [Fact]
    public async Task Disposing_ends_all_and_whatever_comes_later()
    {
        var table = new FlowTable<int, TestFlow>(_time, TimeSpan.FromSeconds(60), 10);
        var (before, after) = (new TestFlow(_time), new TestFlow(_time));
        table.Add(1, before);
        await table.DisposeAsync();
        table.Add(2, after);
        Assert.Equal((true, true), (before.IsDisposed, after.IsDisposed));
    }

    [Fact]
    public async Task A_clock_that_goes_on_during_the_sweep_leaves_no_flow_behind()
    {
        var time = new RunningTime();
        await using var table = new FlowTable<int, TestFlow>(time, TimeSpan.FromSeconds(60), 10);
        var (silent, late) = (new TestFlow(_time), new TestFlow(_time));
        table.Add(1, silent);
        time.Advance(TimeSpan.FromMilliseconds(50));
        table.Add(2, late);
        time.Step = TimeSpan.FromMilliseconds(20);
        time.Advance(TimeSpan.FromSeconds(60) - TimeSpan.FromMilliseconds(50));
        Assert.True(silent.IsDisposed);
        time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True(late.IsDisposed);
    }

    /// <summary>Goes on by a step whenever it is read.</summary>
    private sealed class RunningTime : FakeTimeProvider
    {
        private TimeSpan _ahead;

        public TimeSpan Step { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() + (_ahead += Step).Ticks;
    }

    private sealed class TestFlow(TimeProvider time) : DatagramFlow(new Traffic(), time)
    {
        public bool IsDisposed { get; private set; }

        public void Answer() => OnDown(1);

        public override ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }
    }
}
