namespace Onetun.NetStack.Tests;

public sealed class ArrivalsTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(10);

    private Arrivals _arrivals = new();

    [Fact]
    public void Bytes_are_those_of_segments_and_parts_less_what_was_counted_before()
    {
        _arrivals.Add(Sent(at: 1, length: 1000), payload: 1000);
        _arrivals.AddPart(300);
        _arrivals.TakeBack(100);
        Assert.Equal(1200, _arrivals.Bytes);
    }

    [Fact]
    public void Longest_leaves_out_a_fin()
    {
        _arrivals.Add(Sent(at: 1, length: 1001), payload: 1000);
        _arrivals.Add(Sent(at: 2, length: 500), payload: 500);
        Assert.Equal(1000, _arrivals.Longest);
    }

    [Fact]
    public void Round_trip_is_that_of_the_newest_segment_sent_once()
    {
        _arrivals.Add(Sent(at: 2), payload: 1000);
        _arrivals.Add(Sent(at: 1), payload: 1000);
        _arrivals.Add(Sent(at: 3) with { Retransmitted = true }, payload: 1000);
        Assert.Equal(TimeSpan.FromSeconds(8), _arrivals.RoundTrip(Now));
    }

    [Fact]
    public void Round_trip_is_unknown_where_times_deceive()
    {
        Assert.Null(_arrivals.RoundTrip(Now));
        _arrivals.Add(Sent(at: 1), payload: 1000);
        _arrivals.DistrustTimes();
        Assert.Null(_arrivals.RoundTrip(Now));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void Late_original_was_marked_lost_and_not_retransmitted(bool lost, bool again, bool late)
    {
        _arrivals.Add(Sent(at: 1) with { Lost = lost, Retransmitted = again }, payload: 1000);
        Assert.Equal(late, _arrivals.HasLateOriginal);
    }

    private static SentSegment Sent(int at, int length = 1000) =>
        new() { Start = 1, End = 1 + length, SentAt = TimeSpan.FromSeconds(at) };
}
