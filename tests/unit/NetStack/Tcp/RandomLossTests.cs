namespace Onetun.NetStack.Tests;

/// <summary>What is taken for congestion, and what for chance.</summary>
public sealed class RandomLossTests
{
    private const int Segment = 1000;
    private const int Outstanding = 800_000;

    private readonly RandomLoss _random = new();
    private RttEstimator _rtt;

    [Fact]
    public void Loss_without_a_queue_is_chance()
    {
        Sample(100, 8);
        Assert.True(Explains(lost: 1000));
    }

    [Fact]
    public void Loss_behind_a_queue_is_congestion()
    {
        Sample(100, 8);
        Sample(150, 8);
        Assert.False(Explains(lost: 1000));
    }

    // A few segments that were late, or whose ACKs were, do not make a queue
    [Fact]
    public void Late_acknowledgments_are_no_queue()
    {
        Sample(100, 8);
        Sample(150, 3);
        Sample(100, 1);
        Sample(150, 3);
        Assert.True(Explains(lost: 1000));
    }

    [Fact]
    public void Queue_that_is_full_is_told_however_short_it_is()
    {
        Sample(100, 8);
        Sample(101, 8);
        Assert.False(Explains(lost: 1000));
    }

    // Once the path has shown 50 ms of queue, 2 ms are hardly one
    [Fact]
    public void Queue_much_shorter_than_the_longest_is_none()
    {
        Sample(100, 8);
        Sample(150, 8);
        Sample(102, 8);
        Assert.True(Explains(lost: 1000));
    }

    [Fact]
    public void Round_trips_too_short_to_tell_a_queue_are_not_believed()
    {
        Sample(9, 8);
        Assert.False(Explains(lost: 1000));
    }

    [Theory]
    [InlineData(4000, true)]
    [InlineData(5000, false)]
    public void More_than_a_two_hundredth_of_a_round_trip_is_congestion(long lost, bool chance)
    {
        Sample(100, 8);
        _random.OnAcknowledged(una: 1, next: 1 + Outstanding, lost: 0);
        Assert.Equal(chance, Explains(lost));
        _random.OnAcknowledged(una: 1 + Outstanding, next: 1 + (2 * Outstanding), lost);
        Assert.True(Explains(lost + 1000));
    }

    // In one round trip of 38, a path that loses a thousandth by chance loses two or more of 250
    [Theory]
    [InlineData(20, 1)]
    [InlineData(160, 2)]
    [InlineData(250, 3)]
    [InlineData(600, 3)]
    public void Of_a_few_hundred_segments_two_or_three_may_be_lost_by_chance(int segments, int most)
    {
        Sample(100, 8);
        Assert.True(_random.Explains(most * Segment, segments * Segment, Segment));
        Assert.False(_random.Explains((most + 1) * Segment, segments * Segment, Segment));
    }

    private bool Explains(long lost) => _random.Explains(lost, Outstanding, Segment);

    private void Sample(double milliseconds, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _rtt.Sample(TimeSpan.FromMilliseconds(milliseconds), una: 1, next: 2);
            _random.OnSample(_rtt);
        }
    }
}
