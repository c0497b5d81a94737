namespace Onetun.NetStack.Tests;

/// <summary>The retransmission timer: RFC 6298. The peers here offer no SACK, so that no probe comes before it.</summary>
public sealed class RetransmissionTests
{
    [Fact]
    public void Head_is_retransmitted_after_a_timeout_that_doubles() => TcpScript.Accepted().Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..2001 ack 1
        0.5   > ACK 1..1001 ack 1
        1.1   > ACK 1..1001 ack 1
        2.3   > ACK 1..1001 ack 1
        4.7   > ACK 1..1001 ack 1
        5     < ACK 1 ack 2001
        100   quiet
        """);

    [Fact]
    public void Timeout_is_never_below_200_ms() => new TcpScript().Run("""
        0      listen
               < SYN 0 mss 1000
               > SYN+ACK 0 ack 1
        0.001  < ACK 1 ack 1
        1      write 1000
               > PSH+ACK 1..1001 ack 1
        1.201  > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void After_a_retransmitted_syn_the_timeout_is_3_seconds() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        1     > SYN+ACK 0 ack 1
        1.1   < ACK 1 ack 1
              write 1000
              > PSH+ACK 1..1001 ack 1
              state Established
        4.1   > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void However_often_a_syn_was_sent_the_timeout_of_data_is_3_seconds() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        1     > SYN+ACK 0 ack 1
        3     > SYN+ACK 0 ack 1
        7     > SYN+ACK 0 ack 1
        7.1   < ACK 1 ack 1
              write 1000
              > PSH+ACK 1..1001 ack 1
        10.1  > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void Probes_of_a_zero_window_do_not_delay_retransmission_once_it_opens()
    {
        var script = TcpScript.Accepted(ackOptions: "win 1000").Run("""
            0.2   write 3000
                  > ACK 1..1001 ack 1
            0.3   < ACK 1 ack 1001 win 0
            """);
        var at = 0.3;
        for (var interval = 0.3; interval < 60; interval *= 2)
        {
            at += interval;
            script.Run(FormattableString.Invariant($"""
                {at:F3}  > ACK 1000 ack 1
                         < ACK 1 ack 1001 win 0
                """));
        }

        script.Run(FormattableString.Invariant($"""
            {at + 1:F3}    < ACK 1 ack 1001 win 60000
                           > ACK 1001..2001 ack 1
                           > PSH+ACK 2001..3001 ack 1
            {at + 1.3:F3}  > ACK 1001..2001 ack 1
            """));
    }

    [Fact]
    public void Each_acknowledgment_of_new_data_restarts_the_timer() => TcpScript.Accepted().Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > PSH+ACK 2001..3001 ack 1
        0.3   < ACK 1 ack 1001
        0.4   < ACK 1 ack 2001
        0.69  quiet
        """);

    [Fact]
    public void Retransmitted_segment_gives_no_sample() => TcpScript.Accepted().Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.5   > PSH+ACK 1..1001 ack 1
        0.9   < ACK 1 ack 1001
              write 1000
              > PSH+ACK 1001..2001 ack 1
        1.5   > PSH+ACK 1001..2001 ack 1
        """);

    // The second arrived at once, but its ACK had to wait for the first: that is no round trip of 400 ms
    [Fact]
    public void Acknowledgment_that_a_retransmission_released_gives_no_sample_of_earlier_segments() => TcpScript.Accepted().Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..2001 ack 1
        0.5   > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 2001
              write 1000
              > PSH+ACK 2001..3001 ack 1
        0.7   < ACK 1 ack 3001
              write 1000
              > PSH+ACK 3001..4001 ack 1
        1     > PSH+ACK 3001..4001 ack 1
        """);

    [Fact]
    public void Timeout_stays_doubled_until_a_segment_sent_once_is_acknowledged() => TcpScript.Accepted().Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.5   > PSH+ACK 1..1001 ack 1
        1.1   > PSH+ACK 1..1001 ack 1
        1.2   < ACK 1 ack 1001
              write 1000
              > PSH+ACK 1001..2001 ack 1
        2.2   < ACK 1 ack 2001
              write 1000
              > PSH+ACK 2001..3001 ack 1
        3.3   quiet
        """);

    private static TcpScript Stamped() =>
        TcpScript.Accepted("mss 1012 ts 1000", "ts 1000 ecr 1", o => o with { Timestamps = true }, mtu: 1052);

    [Fact]
    public void Timestamp_measures_a_retransmitted_segment() => Stamped().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
        0.6   < ACK 1 ack 501 ts 2000 ecr 500
              write 500
              > PSH+ACK 501..1001 ack 1
        0.901 > PSH+ACK 501..1001 ack 1
        """);

    // It arrived twice, and the first ACK was lost
    [Fact]
    public void Timestamp_older_than_the_last_retransmission_measures_nothing() => Stamped().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
        1.1   > PSH+ACK 1..501 ack 1
        1.2   < ACK 1 ack 501 ts 2000 ecr 200
              write 500
              > PSH+ACK 501..1001 ack 1
        1.3   < ACK 1 ack 1001 ts 2100 ecr 1200
              write 500
              > PSH+ACK 1001..1501 ack 1
        1.6   > PSH+ACK 1001..1501 ack 1
        """);

    // A round trip of 100 ms has become one of a second for good
    [Fact]
    public void A_path_that_has_become_slower_than_the_timeout_is_measured() => Stamped().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
        1.1   > PSH+ACK 1..501 ack 1
        1.2   < ACK 1 ack 501 ts 2000 ecr 200
              write 500
              > PSH+ACK 501..1001 ack 1
        2.2   < ACK 1 ack 1001 ts 3000 ecr 1200
        60    quiet
        """);

    // The echo shows that the first retransmission was spurious; the second segment is really lost
    [Fact]
    public void Duplicate_acks_count_again_after_a_spurious_loss() => Stamped().Run("""
        0.2   write 10000
              >> 1..10001
        0.3   < ACK 1 ack 1 ts 2000 ecr 1
              < ACK 1 ack 1 ts 2000 ecr 1
              < ACK 1 ack 1 ts 2000 ecr 1
              > ACK 1..1001 ack 1
        0.31  < ACK 1 ack 4001 ts 2010 ecr 200
              < ACK 1 ack 4001 ts 2010 ecr 200
              < ACK 1 ack 4001 ts 2010 ecr 200
              < ACK 1 ack 4001 ts 2010 ecr 200
              > ACK 4001..5001 ack 1
        """);

    // The echo is of an earlier retransmission: that the later one is delayed proves nothing
    [Fact]
    public void Echo_of_a_retransmission_is_not_mistaken_for_that_of_the_original() => Stamped().Run("""
        0.2   write 10000
              >> 1..10001
        0.3   < ACK 1 ack 1 ts 2000 ecr 1
              < ACK 1 ack 1 ts 2000 ecr 1
              < ACK 1 ack 1 ts 2000 ecr 1
              > ACK 1..1001 ack 1
        0.6   > ACK 1..1001 ack 1
        0.61  < ACK 1 ack 10001 ts 2300 ecr 300
              window 2000
        """);

    [Fact]
    public void Acknowledgment_that_ends_recovery_after_a_timeout_grows_the_window_no_more_than_one_before_it() => TcpScript.Accepted().Run("""
        0.2   write 60000
              >> 1..10001
        0.5   > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 10001
              >> 10001..12001
              window 2000
        0.7   < ACK 1 ack 12001
              >> 12001..16001
              window 4000
        """);

    [Fact]
    public void Slow_start_after_a_loss_stops_at_ssthresh() => TcpScript.Accepted().Run("""
        0.2   write 60000
              >> 1..10001
        0.5   > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 10001
              >> 10001..12001
        0.7   < ACK 1 ack 12001
              >> 12001..16001
        0.8   < ACK 1 ack 16001
              >> 16001..23001
              window 7000
        """);

    // Without room for a late ACK, the timeout would be 250 ms by now
    [Fact]
    public void A_steady_path_may_be_late_all_the_same()
    {
        var script = TcpScript.Accepted();
        var next = 1;
        for (double at = 1; at < 21; at++)
        {
            script.Run(FormattableString.Invariant($"""
                {at}      write 100
                          > PSH+ACK {next}..{next + 100} ack 1
                {at + 0.25} < ACK 1 ack {next + 100}
                """));
            next += 100;
        }

        script.Run($"""
            30    write 100
                  > PSH+ACK {next}..{next + 100} ack 1
            30.43 < ACK 1 ack {next + 100}
            60    quiet
            """);
    }

    [Fact]
    public void Many_samples_in_a_round_trip_do_not_shorten_its_history()
    {
        RttEstimator rtt = default;
        for (var round = 0; round < 4; round++)
        {
            // The last two of every forty segments come 400 ms later
            for (var i = 0; i < 40; i++)
            {
                rtt.Sample(TimeSpan.FromMilliseconds(i < 38 ? 300 : 700), una: (round * 40) + i, next: (round * 40) + 40);
            }
        }

        Assert.True(rtt.Timeout > TimeSpan.FromMilliseconds(700));
    }

    [Fact]
    public void After_a_timeout_the_rest_is_retransmitted_in_slow_start() => TcpScript.Accepted().Run("""
        0.2   write 5000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
              > ACK 3001..4001 ack 1
              > PSH+ACK 4001..5001 ack 1
        0.5   > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 1001
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
        0.7   < ACK 1 ack 3001
              > ACK 3001..4001 ack 1
              > PSH+ACK 4001..5001 ack 1
        0.8   < ACK 1 ack 5001
        10    quiet
        """);

    [Fact]
    public void Partial_acknowledgment_of_a_segment_leaves_its_rest() => TcpScript.Accepted().Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.3   < ACK 1 ack 401
        0.6   > PSH+ACK 401..1001 ack 1
        """);

    // The second arrived before the timeout, and its ACK had to wait for the first: the others are lost all the same
    [Fact]
    public void One_acknowledgment_beyond_the_retransmission_does_not_show_that_a_timeout_was_spurious() => Ten().Run("""
        0.5   >> 1..1001
        0.6   < ACK 1 ack 2001
              >> 2001..4001
              window 2000
        """);

    [Fact]
    public void Second_acknowledgment_that_advances_shows_that_a_timeout_was_spurious() => Ten(write: 20_000).Run("""
        0.5   >> 1..1001
        0.6   < ACK 1 ack 2001
              >> 10001..12001
        0.61  < ACK 1 ack 4001
              >> 12001..16001
              window 12000
        """);

    [Fact]
    public void Duplicate_ack_after_the_first_acknowledgment_shows_that_it_was_not() => Ten(write: 20_000).Run("""
        0.5   >> 1..1001
        0.6   < ACK 1 ack 2001
              >> 10001..12001
        0.7   < ACK 1 ack 2001
              >> 2001..3001
        """);

    internal static TcpScript Ten(int write = 10_000) => TcpScript.Accepted().Run($"""
        0.2   write {write}
              >> 1..10001
        """);

    [Fact]
    public void After_15_unanswered_retransmissions_the_connection_is_reset()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 500
                  > PSH+ACK 1..501 ack 1
            """);
        var at = 0.2;
        var interval = 0.3;
        for (var i = 0; i < 15; i++)
        {
            at += interval;
            interval = Math.Min(interval * 2, 60);
            script.Run(FormattableString.Invariant($"{at:F3} > PSH+ACK 1..501 ack 1"));
        }

        script.Run(FormattableString.Invariant($"""
            {at + interval:F3} > RST+ACK 501 ack 1
            ended TimedOut
            connections 0
            """));
    }
}
