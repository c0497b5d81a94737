namespace Onetun.NetStack.Tests;

public sealed class PacerTests
{
    private const int Segment = 1000;

    private Pacer _pacer;
    private TimeSpan _roundTrip;
    private bool _isAvoiding;
    private TimeSpan _now = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData(100_000, 1, false)]
    [InlineData(10_000_000, 1, true)]
    [InlineData(1_000_000_000, 1, false)]
    [InlineData(10_000_000, 20, false)]
    [InlineData(1_000_000_000, 20, false)]
    [InlineData(10_000_000, 20, true)]
    [InlineData(1_000_000_000, 20, true)]
    public void Rate_is_kept(double rate, int milliseconds, bool isAvoiding)
    {
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(milliseconds), isAvoiding);
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
    [InlineData(100_000, 1, false, 2000)] // Two segments at least
    [InlineData(10_000_000, 1, false, 10_000)] // 1 ms
    [InlineData(10_000_000, 1, true, 10_000)]
    [InlineData(1_000_000_000, 1, false, 65_536)] // One system call
    [InlineData(100_000, 20, false, 2000)]
    [InlineData(10_000_000, 20, false, 10_000)]
    [InlineData(100_000_000, 20, false, 16_384)] // What a receiver takes at once, though nobody reads
    [InlineData(400_000_000, 20, false, 40_000)] // 0.1 ms
    [InlineData(1_000_000_000, 20, false, 65_536)]
    [InlineData(100_000, 20, true, 1000)] // One segment
    [InlineData(10_000_000, 20, true, 1000)]
    [InlineData(100_000_000, 20, true, 10_000)] // 0.1 ms
    [InlineData(1_000_000_000, 20, true, 65_000)] // One system call, to the nearest segment
    public void Burst_fits_the_rate_and_the_path(double rate, int milliseconds, bool isAvoiding, int length)
    {
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(milliseconds), isAvoiding);
        Burst(rate);
        _now += TimeSpan.FromSeconds(1);
        _pacer.Restart(_now);
        Assert.InRange(Burst(rate), length, length + Segment - 1);
    }

    [Fact]
    public void Every_eighth_burst_of_congestion_avoidance_over_a_long_path_is_a_pair()
    {
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(20), true);
        List<long> bursts = [];
        while (bursts.Count < 24)
        {
            bursts.Add(Burst(5_000_000) / Segment);
            _now = _pacer.Release + TimeSpan.FromMicroseconds(50); // A quarter of a segment late
        }

        Assert.Equal([.. Enumerable.Repeat<long[]>([1, 1, 1, 1, 1, 1, 1, 2], 3).SelectMany(eight => eight)], bursts);
    }

    // Two of them are more than one system call
    [Fact]
    public void Segments_of_the_largest_packets_leave_by_twos()
    {
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip, _isAvoiding);
        Assert.True(_pacer.Allows(_now));
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip, _isAvoiding);
        _pacer.OnSent(_now, 65_000, rate: 1e6, segmentSize: 65_000, _roundTrip, _isAvoiding);
        Assert.False(_pacer.Allows(_now));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(20, false)]
    [InlineData(20, true)]
    public void Late_timer_is_made_up_for(int milliseconds, bool isAvoiding)
    {
        const double Rate = 5_000_000;
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(milliseconds), isAvoiding);
        var start = _now;
        long sent = 0;
        while (_now - start < TimeSpan.FromSeconds(1))
        {
            sent += Burst(Rate);
            _now = _pacer.Release + TimeSpan.FromMilliseconds(2);
        }

        Assert.InRange(sent, Rate * 0.99, Rate * 1.01);
    }

    // It would come as a burst, between segments of others that leave as ACKs allow
    [Fact]
    public void Congestion_avoidance_over_a_long_path_makes_up_for_no_time_in_which_pacing_held_nothing_back()
    {
        const double Rate = 5_000_000;
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(20), true);
        for (var i = 0; i < 5; i++)
        {
            _pacer.OnSent(_now, Segment, Rate, Segment, _roundTrip, _isAvoiding);
            _now += TimeSpan.FromMilliseconds(3);
        }

        Assert.Equal(Segment, Burst(Rate));
    }

    // What was held went on, and then the window was full
    [Fact]
    public void A_late_timer_is_not_made_up_for_later()
    {
        const double Rate = 5_000_000;
        (_roundTrip, _isAvoiding) = (TimeSpan.FromMilliseconds(20), true);
        Burst(Rate);
        _now = _pacer.Release + TimeSpan.FromMilliseconds(2);
        _pacer.OnSent(_now, Segment, Rate, Segment, _roundTrip, _isAvoiding);
        _now += TimeSpan.FromMilliseconds(5);
        Assert.Equal(Segment, Burst(Rate));
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
        _pacer.OnSent(_now, Segment, 0, Segment, _roundTrip, _isAvoiding);
        Assert.True(_pacer.Allows(_now));
    }

    private long Burst(double rate)
    {
        long sent = 0;
        while (!_pacer.Holds(_now))
        {
            _pacer.OnSent(_now, Segment, rate, Segment, _roundTrip, _isAvoiding);
            sent += Segment;
        }

        return sent;
    }
}
