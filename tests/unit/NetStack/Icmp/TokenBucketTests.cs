namespace Onetun.NetStack.Tests;

public sealed class TokenBucketTests
{
    [Fact]
    public void Burst_is_allowed_at_once_and_then_the_rate()
    {
        var bucket = new TokenBucket(rate: 10, burst: 5);
        var now = TimeSpan.FromDays(3);
        for (var i = 0; i < 5; i++)
        {
            Assert.True(bucket.TryTake(now));
        }

        Assert.False(bucket.TryTake(now));
        Assert.False(bucket.TryTake(now + TimeSpan.FromMilliseconds(99)));
        Assert.True(bucket.TryTake(now + TimeSpan.FromMilliseconds(100)));
        Assert.False(bucket.TryTake(now + TimeSpan.FromMilliseconds(100)));
    }

    [Fact]
    public void Over_time_exactly_the_rate_passes()
    {
        var bucket = new TokenBucket(rate: 50, burst: 10);
        var passed = 0;
        for (var millisecond = 0; millisecond < 10_000; millisecond++)
        {
            passed += bucket.TryTake(TimeSpan.FromMilliseconds(millisecond)) ? 1 : 0;
        }

        Assert.InRange(passed, 509, 510);
    }

    [Fact]
    public void Pause_never_saves_more_than_the_burst()
    {
        var bucket = new TokenBucket(rate: 10, burst: 2);
        Assert.True(bucket.TryTake(TimeSpan.Zero));
        var later = TimeSpan.FromHours(1);
        Assert.True(bucket.TryTake(later));
        Assert.True(bucket.TryTake(later));
        Assert.False(bucket.TryTake(later));
    }

    [Fact]
    public void First_event_passes_even_at_time_zero() => Assert.True(new TokenBucket(1, 1).TryTake(TimeSpan.Zero));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    public void Rate_and_burst_must_be_positive(double rate, int burst) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TokenBucket(rate, burst));
}
