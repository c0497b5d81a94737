namespace Onetun.NetStack.Tests;

/// <summary>How BBR finds the bandwidth of a path and drains the queue that this has filled.</summary>
public sealed class BbrStartupTests : BbrRounds
{
    [Fact]
    public void First_flight_is_paced_over_the_round_trip_of_the_handshake() =>
        Assert.Equal(2.77 * 10 * Segment / 0.1, _bbr.PacingRate, 1.0);

    [Fact]
    public void First_sample_sets_the_pacing_rate_when_the_handshake_gave_none()
    {
        var bbr = new Bbr(seed: 1);
        bbr.SetSegmentSize(Segment);
        bbr.OnConnected(_now, TimeSpan.Zero);
        bbr.OnAcknowledged(Sample(1e4, Segment, Segment), default);
        Assert.Equal(2.77 * 10 * Segment / 0.1, bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Startup_doubles_pacing_rate_and_window_with_what_is_delivered()
    {
        Ack(1e5, 10_000);
        Assert.Equal(20_000, _bbr.Window);
        Ack(2e5, 20_000);
        Assert.Equal(40_000, _bbr.Window);
        Assert.Equal(BbrState.Startup, _bbr.State);
        Assert.Equal(2.77 * 0.99 * 2e5, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Startup_ends_after_three_rounds_that_deliver_less_than_a_quarter_more()
    {
        Ack(5e5);
        Ack(Full);
        Ack(1.2 * Full);
        Ack(1.2 * Full);
        Assert.Equal(BbrState.Startup, _bbr.State);
        Ack(1.2 * Full, flight: 300_000);
        Assert.Equal(BbrState.Drain, _bbr.State);
        Assert.Equal(0.5 * 0.99 * 1.2 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Startup_goes_on_while_the_connection_is_application_limited()
    {
        for (var i = 0; i < 10; i++)
        {
            Ack(Full, appLimited: true);
        }

        Assert.Equal(BbrState.Startup, _bbr.State);
    }

    [Fact]
    public void Startup_ends_after_a_round_that_lost_more_than_2_percent_in_six_places()
    {
        Ack(Full, 100_000);
        Lose(places: 6);
        Ack(2 * Full, flight: 250_000, lost: 6000);
        Assert.Equal(BbrState.Drain, _bbr.State);
    }

    [Theory]
    [InlineData(5, 6000)] // In too few places
    [InlineData(6, 4000)] // 1.6 %
    public void Startup_goes_on_after_a_round_that_lost_less(int places, int lost)
    {
        Ack(Full, 100_000);
        Lose(places);
        Ack(2 * Full, flight: 250_000, lost: lost);
        Assert.Equal(BbrState.Startup, _bbr.State);
    }

    [Fact]
    public void Startup_ends_by_one_loss_where_one_is_all_that_can_be_seen()
    {
        Ack(Full, 100_000);
        Ack(Full, 100_000, sack: false);
        Lose(places: 1);
        Ack(2 * Full, lost: 1000, flight: 250_000, sack: false);
        Assert.Equal(BbrState.Drain, _bbr.State);
    }

    [Fact]
    public void Drain_ends_when_what_is_in_flight_fits_the_path()
    {
        Fill(flight: 200_000);
        Assert.Equal(BbrState.Drain, _bbr.State);
        Ack(Full, flight: Product + 1000);
        Assert.Equal(BbrState.Drain, _bbr.State);
        Ack(Full, flight: Product - 1000);
        Assert.Equal(BbrState.ProbeBwCruise, _bbr.State); // Nothing is left for Down to do
    }

    [Fact]
    public void Drain_ends_after_three_rounds_at_the_latest()
    {
        Fill(flight: 200_000);
        for (var round = 1; round <= 3; round++)
        {
            Ack(Full, flight: 200_000);
            Assert.Equal(BbrState.Drain, _bbr.State);
        }

        Ack(Full, flight: 200_000);
        Assert.Equal(BbrState.ProbeBwDown, _bbr.State);
        Assert.Equal(0.9 * 0.99 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Startup_ended_by_a_spurious_loss_resumes()
    {
        Ack(Full, 100_000);
        Lose(places: 6);
        Ack(Full, flight: 250_000, lost: 6000);
        _bbr.OnSpuriousLoss();
        Assert.Equal(BbrState.Startup, _bbr.State);
        Ack(2 * Full);
        Assert.Equal(BbrState.Startup, _bbr.State);
    }

    private void Fill(long flight)
    {
        Ack(Full, 100_000);
        for (var i = 0; i < 3; i++)
        {
            Ack(Full, flight: flight);
        }
    }
}
