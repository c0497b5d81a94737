namespace Onetun.NetStack.Tests;

/// <summary>When a congestion window is the limit, and may grow: RFC 9438 §5.8.</summary>
public sealed class WindowUseTests
{
    private const int Segment = 1000;
    private const long Window = 10_000;

    private WindowUse _use;

    [Fact]
    public void Window_that_was_full_is_the_limit_for_the_rest_of_the_round_trip()
    {
        Look(flight: 10_000, una: 1, next: 10_001);
        Look(flight: 2000, una: 8001, next: 10_001);
        Assert.True(_use.IsLimit(Window, threshold: 0));
    }

    [Fact]
    public void Window_that_was_not_full_for_a_round_trip_is_no_limit()
    {
        Look(flight: 10_000, una: 1, next: 10_001);
        Look(flight: 8000, una: 10_001, next: 18_001);
        Assert.False(_use.IsLimit(Window, threshold: 0));
    }

    [Fact]
    public void Window_is_full_where_no_further_segment_fits()
    {
        Look(flight: 9001, una: 1, next: 9002);
        Assert.True(_use.IsLimit(Window, threshold: 0));
    }

    [Theory]
    [InlineData(4999, false)]
    [InlineData(5000, true)]
    public void Half_of_the_window_is_enough_in_slow_start(long flight, bool limit)
    {
        Look(flight, una: 1, next: flight + 1);
        Look(flight - 1000, una: 1001, next: flight + 1);
        Assert.Equal(limit, _use.IsLimit(Window, threshold: long.MaxValue));
    }

    private void Look(long flight, long una, long next) => _use.Look(flight, Window, Segment, una, next);
}
