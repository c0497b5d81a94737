namespace Onetun.NetStack.Tests;

public sealed class PacerTests
{
    private const int Segment = 1000;

    private Pacer _pacer;
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(100_000)]
    [InlineData(10_000_000)]
    [InlineData(1_000_000_000)]
    public void Rate_is_kept(double rate)
    {
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
    [InlineData(100_000, 2000)] // Two segments at least
    [InlineData(10_000_000, 10_000)] // 1 ms
    [InlineData(1_000_000_000, 65_536)] // One system call
    public void Burst_fits_the_rate(double rate, int length)
    {
        Burst(rate);
        _now += TimeSpan.FromSeconds(1);
        _pacer.Restart(_now);
        Assert.InRange(Burst(rate), length, length + Segment);
    }

    // Two of them are more than one system call
    [Fact]
    public void Segments_of_the_largest_packets_leave_by_twos()
    {
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000);
        Assert.True(_pacer.Allows(_now));
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000);
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000);
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
        _pacer.OnSent(_now, Segment, 0, Segment);
        Assert.True(_pacer.Allows(_now));
    }

    private long Burst(double rate)
    {
        long sent = 0;
        while (_pacer.Allows(_now))
        {
            _pacer.OnSent(_now, Segment, rate, Segment);
            sent += Segment;
        }

        return sent;
    }
}
