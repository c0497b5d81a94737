namespace Onetun.NetStack.Tests;

/// <summary>The states of BBR that probe for bandwidth and for the round trip, and their bounds.</summary>
public sealed class BbrTests : BbrRounds
{
    [Fact]
    public void Down_lasts_until_the_queue_is_gone()
    {
        Until(BbrState.ProbeBwDown, flight: 200_000);
        Ack(Full, flight: Product + 1000);
        Assert.Equal(BbrState.ProbeBwDown, _bbr.State);
        Ack(Full, flight: Product - 1000);
        Assert.Equal(BbrState.ProbeBwCruise, _bbr.State);
        Assert.Equal(0.99 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Cruise_lasts_two_to_five_seconds_and_refilling_one_round()
    {
        Until(BbrState.ProbeBwDown, flight: 200_000);
        var start = _now;
        Until(BbrState.ProbeBwRefill);
        Assert.InRange((_now - start).TotalSeconds, 2, 5.2);
        Assert.Equal(0.99 * Full, _bbr.PacingRate, 1.0);
        Ack(Full);
        Assert.Equal(BbrState.ProbeBwUp, _bbr.State);
        Assert.Equal(1.25 * 0.99 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Small_path_is_probed_as_often_as_reno_would_lose_a_packet()
    {
        const double slow = 1e5; // Ten segments a round trip
        Ack(slow, 10_000);
        Until(BbrState.ProbeBwDown, slow, flight: 30_000);
        var rounds = 0;
        while (_bbr.State != BbrState.ProbeBwRefill)
        {
            Ack(slow, 10_000, flight: 10_000);
            rounds++;
        }

        Assert.InRange(rounds, 9, 10);
    }

    [Fact]
    public void Up_ends_after_three_rounds_that_deliver_no_more()
    {
        Until(BbrState.ProbeBwUp);
        Ack(Full, flight: 125_000);
        Ack(Full, flight: 125_000);
        Assert.Equal(BbrState.ProbeBwUp, _bbr.State);
        Ack(Full, flight: 125_000);
        Assert.Equal(BbrState.ProbeBwDown, _bbr.State);
    }

    [Fact]
    public void Up_goes_on_while_more_is_delivered_and_the_pacing_rate_follows()
    {
        Until(BbrState.ProbeBwUp);
        for (var rate = Full; rate < 8 * Full; rate *= 1.25)
        {
            Ack(rate, flight: (long)(rate / 8));
            Assert.Equal(BbrState.ProbeBwUp, _bbr.State);
        }

        Assert.True(_bbr.PacingRate > 7 * Full);
    }

    [Fact]
    public void Up_ends_by_2_percent_of_loss_and_remembers_the_volume_that_was_too_much()
    {
        Until(BbrState.ProbeBwUp);
        Lose(places: 3, flight: 130_000);
        Assert.Equal(BbrState.ProbeBwDown, _bbr.State);
        _bbr.OnRecovered();
        Ack(Full, flight: 120_000, lost: 3000);
        Assert.InRange(_bbr.Window, 125_000, 130_000);
    }

    [Fact]
    public void Up_goes_on_after_less_loss()
    {
        Until(BbrState.ProbeBwUp);
        Lose(places: 2, flight: 130_000);
        Assert.Equal(BbrState.ProbeBwUp, _bbr.State);
    }

    [Fact]
    public void Cruise_leaves_15_percent_of_the_volume_to_others()
    {
        Until(BbrState.ProbeBwUp);
        Lose(places: 3, flight: 130_000);
        _bbr.OnRecovered();
        Ack(Full, flight: 120_000);
        var volume = _bbr.Window;
        Until(BbrState.ProbeBwCruise);
        Ack(Full, flight: 90_000);
        Assert.Equal(0.85 * volume, _bbr.Window, 1.0);
    }

    [Fact]
    public void Volume_grows_faster_with_each_round_of_probing_that_uses_it()
    {
        Until(BbrState.ProbeBwUp);
        Lose(places: 3, flight: 130_000);
        _bbr.OnRecovered();
        Until(BbrState.ProbeBwUp);
        var before = _bbr.Window;
        List<long> steps = [];
        for (var round = 0; round < 5; round++)
        {
            Ack(Full, delivered: _bbr.Window, flight: 100_000, windowLimited: true);
            steps.Add(_bbr.Window - before);
            before = _bbr.Window;
        }

        Assert.Equal(BbrState.ProbeBwUp, _bbr.State); // The volume held the rate back: no plateau
        Assert.InRange(steps[0], 900, 1100);
        Assert.True(steps[1] > 1.8 * steps[0] && steps[2] > 1.8 * steps[1], string.Join(' ', steps));
    }

    [Fact]
    public void Loss_while_cruising_slows_down_to_what_is_delivered_until_the_next_probe()
    {
        Until(BbrState.ProbeBwCruise);
        Ack(0.9 * Full, delivered: 90_000);
        Lose(places: 1);
        Ack(0.9 * Full, delivered: 90_000);
        Assert.Equal(0.99 * 0.9 * Full, _bbr.PacingRate, 1.0);
        Until(BbrState.ProbeBwRefill);
        Assert.Equal(0.99 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Loss_while_cruising_slows_down_by_three_tenths_a_round_at_most()
    {
        Until(BbrState.ProbeBwCruise);
        Ack(0.1 * Full, delivered: 10_000);
        Lose(places: 1);
        Ack(0.1 * Full, delivered: 10_000);
        Assert.Equal(0.99 * 0.7 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Application_limited_sample_neither_lowers_the_rate_nor_hides_a_higher_one()
    {
        Until(BbrState.ProbeBwCruise);
        Ack(0.1 * Full, appLimited: true);
        Assert.Equal(0.99 * Full, _bbr.PacingRate, 1.0);
        Ack(1.5 * Full, appLimited: true);
        Assert.Equal(0.99 * 1.5 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Rate_not_seen_in_two_cycles_is_forgotten()
    {
        Until(BbrState.ProbeBwUp);
        for (var cycle = 0; cycle < 2; cycle++)
        {
            Until(BbrState.ProbeBwDown, 0.5 * Full);
            Until(BbrState.ProbeBwUp, 0.5 * Full);
        }

        Until(BbrState.ProbeBwCruise, 0.5 * Full);
        Assert.Equal(0.99 * 0.5 * Full, _bbr.PacingRate, 1.0);
    }

    [Fact]
    public void Five_seconds_without_a_shorter_round_trip_halve_the_window_for_200_ms_and_a_round()
    {
        Until(BbrState.ProbeBwCruise);
        Ack(Full);
        var window = _bbr.Window;
        Until(BbrState.ProbeRtt, flight: 90_000, rtt: 101);
        Assert.True(_bbr.HoldsBack);
        Assert.Equal(Product / 2, _bbr.Window, 10.0);
        Ack(Full, flight: 60_000, rtt: 101);
        Ack(Full, flight: 49_000);
        var start = _now;
        Until(BbrState.ProbeBwCruise, flight: 49_000);
        Assert.InRange((_now - start).TotalMilliseconds, 200, 300);
        Assert.Equal(window, _bbr.Window, 100.0);
    }

    [Fact]
    public void Round_trip_is_probed_only_when_none_as_short_was_seen_for_five_seconds()
    {
        Until(BbrState.ProbeBwCruise);
        for (var i = 0; i < 200; i++)
        {
            Ack(Full);
            Assert.NotEqual(BbrState.ProbeRtt, _bbr.State);
        }
    }

    [Fact]
    public void After_idleness_the_pacing_rate_is_the_bandwidth_and_the_round_trip_is_not_probed()
    {
        Until(BbrState.ProbeBwUp);
        _now += TimeSpan.FromSeconds(30);
        _bbr.OnRestart(_now, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(1), appLimited: true);
        Assert.Equal(0.99 * Full, _bbr.PacingRate, 1.0);
        Ack(Full);
        Assert.NotEqual(BbrState.ProbeRtt, _bbr.State);
    }

    [Fact]
    public void Window_before_a_timeout_is_restored_when_all_losses_are_repaired()
    {
        Until(BbrState.ProbeBwCruise);
        Ack(Full);
        var window = _bbr.Window;
        _bbr.OnTimeout(_now, 50_000, first: true);
        _bbr.SetWindow(Segment);
        Ack(Full, delivered: Segment, flight: Segment);
        Assert.Equal(4 * Segment, _bbr.Window);
        _bbr.OnRecovered();
        Assert.Equal(window, _bbr.Window);
    }

    [Fact]
    public void Probe_ended_by_a_spurious_loss_resumes()
    {
        Until(BbrState.ProbeBwUp);
        Lose(places: 3, flight: 130_000);
        Assert.Equal(BbrState.ProbeBwDown, _bbr.State);
        _bbr.OnSpuriousLoss();
        Assert.Equal(BbrState.ProbeBwUp, _bbr.State);
        Ack(Full, flight: 130_000);
        Assert.True(_bbr.Window > 200_000);
    }
}
