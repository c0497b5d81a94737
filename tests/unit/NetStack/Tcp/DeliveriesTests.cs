namespace Onetun.NetStack.Tests;

public sealed class DeliveriesTests
{
    private static readonly TimeSpan Now = TimeSpan.FromSeconds(10);

    private Deliveries _deliveries = new();

    [Fact]
    public void Bytes_are_those_of_segments_and_parts_less_those_counted_before()
    {
        _deliveries.Add(Sent(at: 1, length: 1000), payload: 1000);
        _deliveries.AddPart(300);
        _deliveries.Deduct(100);
        Assert.Equal(1200, _deliveries.Bytes);
    }

    [Fact]
    public void Longest_leaves_out_a_fin()
    {
        _deliveries.Add(Sent(at: 1, length: 1001), payload: 1000);
        _deliveries.Add(Sent(at: 2, length: 500), payload: 500);
        Assert.Equal(1000, _deliveries.Longest);
    }

    [Fact]
    public void Round_trip_is_that_of_the_newest_segment_sent_once()
    {
        _deliveries.Add(Sent(at: 2), payload: 1000);
        _deliveries.Add(Sent(at: 1), payload: 1000);
        _deliveries.Add(Sent(at: 3) with { Retransmitted = true }, payload: 1000);
        Assert.Equal(TimeSpan.FromSeconds(8), _deliveries.RoundTrip(Now));
    }

    [Fact]
    public void Round_trip_is_unknown_without_a_sample_that_can_be_trusted()
    {
        Assert.Null(_deliveries.RoundTrip(Now));
        _deliveries.Add(Sent(at: 1), payload: 1000);
        _deliveries.DiscardRoundTrip();
        Assert.Null(_deliveries.RoundTrip(Now));
    }

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(true, true, false)]
    [InlineData(false, false, false)]
    public void Late_original_was_marked_lost_and_not_retransmitted(bool lost, bool retransmitted, bool late)
    {
        _deliveries.Add(Sent(at: 1) with { Lost = lost, Retransmitted = retransmitted }, payload: 1000);
        Assert.Equal(late, _deliveries.HasLateOriginal);
    }

    private static SentSegment Sent(int at, int length = 1000) =>
        new() { Start = 1, End = 1 + length, SentAt = TimeSpan.FromSeconds(at) };
}
