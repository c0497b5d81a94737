namespace Onetun.NetStack.Tests;

/// <summary>draft-ietf-ccwg-bbr-05 §4.1: a flight of ten segments of 1000 bytes over a round trip of 100 ms.</summary>
public sealed class DeliveryRateTests
{
    private readonly List<SentSegment> _sent = [];
    private readonly DeliveryRate _rate = new();
    private long _flight;

    [Fact]
    public void Flight_is_measured_over_the_time_its_acknowledgments_take()
    {
        Send(at: 0, every: 1, count: 10);
        RateSample sample = default;
        for (var i = 0; i < 10; i++)
        {
            sample = Acknowledge(100 + (i * 20), i);
        }

        // 10,000 bytes from the start of the flight to its last ACK
        Assert.Equal(10_000, sample.Delivered);
        Assert.Equal(10_000 / 0.280, sample.BytesPerSecond, tolerance: 1);
    }

    [Fact]
    public void Acknowledgments_in_a_burst_are_no_faster_than_the_sending()
    {
        Send(at: 0, every: 20, count: 10);
        Acknowledge(100, 0);
        Send(at: 100, every: 50, count: 5);
        var sample = Acknowledge(300, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14);
        Assert.Equal(TimeSpan.FromMilliseconds(300), sample.Interval); // Sent from 0 on
        Assert.Equal(14_000 / 0.300, sample.BytesPerSecond, tolerance: 1);
    }

    [Fact]
    public void Interval_shorter_than_a_round_trip_measures_nothing()
    {
        Send(at: 0, every: 0, count: 1);
        Assert.Equal(0, Acknowledge(50, 0).BytesPerSecond);
    }

    [Fact]
    public void Application_limited_flight_marks_samples_until_it_is_delivered()
    {
        Send(at: 0, every: 0, count: 2);
        _rate.MarkAppLimited(_flight);
        Send(at: 10, every: 0, count: 1);
        Assert.False(Acknowledge(100, 0).IsAppLimited);
        Assert.False(Acknowledge(100, 1).IsAppLimited);
        Assert.True(Acknowledge(110, 2).IsAppLimited);
        Send(at: 120, every: 0, count: 1);
        Assert.False(Acknowledge(230, 3).IsAppLimited);
    }

    [Fact]
    public void Losses_since_a_segment_was_sent_are_in_its_sample()
    {
        Send(at: 0, every: 0, count: 3);
        _rate.OnLost(2000);
        _rate.BeginSample();
        _rate.OnDelivered(TimeSpan.FromMilliseconds(100), _sent[2]);
        var sample = _rate.EndSample(TimeSpan.FromMilliseconds(100));
        Assert.Equal((2000, 3000), (sample.Lost, sample.Flight));
    }

    private void Send(int at, int every, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var now = TimeSpan.FromMilliseconds(at + (i * every));
            long start = 1 + (_sent.Count * 1000);
            var snapshot = _rate.OnSent(now, _flight, 1000);
            _sent.Add(new SentSegment { Start = start, End = start + 1000, SentAt = now, Snapshot = snapshot });
            _flight += 1000;
        }
    }

    private RateSample Acknowledge(int at, params int[] segments)
    {
        _rate.BeginSample();
        foreach (var i in segments)
        {
            _rate.OnDelivered(TimeSpan.FromMilliseconds(at), _sent[i]);
            _flight -= 1000;
        }

        return _rate.EndSample(TimeSpan.FromMilliseconds(100));
    }
}
