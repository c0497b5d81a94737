namespace Onetun.NetStack.Tests;

public sealed class PacerTests
{
    private const int Segment = 1000;

    private Pacer _pacer;
    private TimeSpan _roundTrip;
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(100_000, 1)]
    [InlineData(10_000_000, 1)]
    [InlineData(1_000_000_000, 1)]
    [InlineData(10_000_000, 20)]
    [InlineData(1_000_000_000, 20)]
    public void Rate_is_kept(double rate, int milliseconds)
    {
        _roundTrip = TimeSpan.FromMilliseconds(milliseconds);
        var start = _now;
        long sent = 0;
        while (_now - start < TimeSpan.FromSeconds(1))
        {
            sent += Burst(rate);
            _now = _pacer.Release;
        }

        Assert.InRange(sent, rate * 0.99, (rate * 1.01) + (64 * 1024));
    }

    [Theory]
    [InlineData(100_000, 1, 2000)] // Two segments at least
    [InlineData(10_000_000, 1, 10_000)] // 1 ms
    [InlineData(1_000_000_000, 1, 65_536)] // One system call
    [InlineData(100_000, 20, 2000)]
    [InlineData(10_000_000, 20, 10_000)]
    [InlineData(100_000_000, 20, 16_384)] // What a receiver takes at once, though nobody reads
    [InlineData(400_000_000, 20, 40_000)] // 0.1 ms
    [InlineData(1_000_000_000, 20, 65_536)]
    public void Burst_fits_the_rate_and_the_path(double rate, int milliseconds, int length)
    {
        _roundTrip = TimeSpan.FromMilliseconds(milliseconds);
        Burst(rate);
        _now += TimeSpan.FromSeconds(1);
        _pacer.Restart(_now);
        Assert.InRange(Burst(rate), length, length + Segment);
    }

    // Two of them are more than one system call
    [Fact]
    public void Segments_of_the_largest_packets_leave_by_twos()
    {
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip);
        Assert.True(_pacer.Allows(_now));
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip);
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip);
        Assert.False(_pacer.Allows(_now));
    }

    [Fact]
    public void Late_timer_is_made_up_for()
    {
        const double Rate = 5_000_000;
        var start = _now;
        long sent = 0;
        while (_now - start < TimeSpan.FromSeconds(1))
        {
            sent += Burst(Rate);
            _now = _pacer.Release + TimeSpan.FromMilliseconds(2);
        }

        Assert.InRange(sent, Rate * 0.99, Rate * 1.01);
    }

    [Fact]
    public void Nothing_is_made_up_for_after_idleness()
    {
        const double Rate = 5_000_000;
        Burst(Rate);
        _now += TimeSpan.FromSeconds(10);
        _pacer.Restart(_now);
        Assert.InRange(Burst(Rate), 5000, 6000);
    }

    [Fact]
    public void No_rate_is_no_limit()
    {
        Burst(100_000);
        _pacer.OnSent(_now, Segment, 0, Segment, _roundTrip);
        Assert.True(_pacer.Allows(_now));
    }

    private long Burst(double rate)
    {
        long sent = 0;
        while (_pacer.Allows(_now))
        {
            _pacer.OnSent(_now, Segment, rate, Segment, _roundTrip);
            sent += Segment;
        }

        return sent;
    }
}
