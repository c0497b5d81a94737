using System.Net;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel.Resources;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class DescriptorBudgetTests
{
    private static readonly IPEndPoint Source = new(IPAddress.Loopback, 8080);

    private readonly FakeTimeProvider _time = new();
    private readonly TestLog _log = new();
    private readonly DescriptorBudget _budget;

    public DescriptorBudgetTests() => _budget = new DescriptorBudget(_log, 20, _time);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Half_is_for_whoever_comes_first_and_half_is_assured_in_equal_parts()
    {
        using var greedy = _budget.Open();
        using var late = _budget.Open();
        Assert.Equal(15, TakeAll(greedy));
        Assert.Equal(5, TakeAll(late));
        Assert.Equal(20, _budget.Used);
    }

    [Fact]
    public void A_share_that_goes_leaves_what_it_held_to_the_others()
    {
        using var one = _budget.Open();
        var other = _budget.Open();
        Assert.Equal((15, 5), (TakeAll(one), TakeAll(other)));
        other.Dispose();
        Assert.Equal(5, TakeAll(one));
    }

    [Fact]
    public async Task Whoever_waits_goes_on_in_turn_when_others_give_back()
    {
        using var one = _budget.Open();
        using var two = _budget.Open();
        Assert.Equal((15, 5), (TakeAll(one), TakeAll(two)));
        var first = two.TakeAsync(Source, Cancellation).AsTask();
        var second = one.TakeAsync(Source, Cancellation).AsTask();
        Assert.False(first.IsCompleted || second.IsCompleted);
        one.Release();
        await first;
        Assert.False(second.IsCompleted);
        one.Release();
        await second;
    }

    [Fact]
    public async Task A_wait_that_is_cancelled_takes_nothing()
    {
        using var share = _budget.Open();
        TakeAll(share);
        using var stop = new CancellationTokenSource();
        var waiting = share.TakeAsync(Source, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(async () => await waiting);
        share.Release();
        Assert.Equal(19, _budget.Used);
    }

    [Fact]
    public void Without_any_left_over_each_share_has_one()
    {
        var none = new DescriptorBudget(_log, 0, _time);
        using var one = none.Open();
        using var other = none.Open();
        Assert.Equal((1, 1), (TakeAll(one), TakeAll(other)));
    }

    [Fact]
    public void A_shortage_is_one_line_and_its_end_another()
    {
        using var share = _budget.Open();
        for (var i = 0; i < 100; i++)
        {
            TakeAll(share);
            share.Release();
        }

        Assert.Equal(
            "Clients of [127.0.0.1:8080], and further ones, wait until others have gone: it holds 20 of the 20 file descriptors "
            + "that the limit of this process leaves for connections; raise it to serve more (ulimit -n, LimitNOFILE=)",
            Assert.Single(_log.Lines));
        _time.Advance(TimeSpan.FromSeconds(10));
        share.Release();
        share.Release();
        Assert.Equal("There are file descriptors for all clients again", Assert.Single(_log.Lines.Skip(1)));
    }

    private static int TakeAll(DescriptorShare share)
    {
        var taken = 0;
        while (share.TryTake(Source))
        {
            taken++;
        }

        return taken;
    }
}
