namespace Onetun.NetStack.Tests;

/// <summary>The peer's window: RFC 9293 §3.8.6.</summary>
public sealed class SendWindowTests
{
    [Fact]
    public void No_more_is_sent_than_the_window_allows() => TcpScript.Accepted(ackOptions: "win 2000").Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
        0.3   < ACK 1 ack 1001 win 2000
              > PSH+ACK 2001..3001 ack 1
        """);

    [Fact]
    public void Silly_window_is_not_used_while_data_is_outstanding() => TcpScript.Accepted(ackOptions: "win 2500").Run("""
        0.2   write 4000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
        0.3   < ACK 1 ack 1001 win 1500
        0.31  < ACK 1 ack 2001 win 2500
              > ACK 2001..3001 ack 1
              > PSH+ACK 3001..4001 ack 1
        """);

    [Fact]
    public void Window_smaller_than_a_segment_is_used_when_nothing_is_outstanding() => TcpScript.Accepted("mss 1000 win 300", "win 300").Run("""
        0.2   write 500
              > ACK 1..301 ack 1
        0.3   < ACK 1 ack 301 win 300
              > PSH+ACK 301..501 ack 1
        """);

    // RFC 9293 §3.8.6.2.1: by the timer of window probes
    [Fact]
    public void Silly_window_is_used_only_after_a_while_when_nothing_is_outstanding() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 6000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 1
        0.6   > ACK 1001..1002 ack 1
        0.7   < ACK 1 ack 1002 win 1
        0.8   < ACK 1 ack 1002 win 5000
              >> 1002..6001
        """);

    [Fact]
    public void Window_update_releases_what_waits() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 0
        0.35  < ACK 1 ack 1001 win 5000
              > PSH+ACK 1001..2001 ack 1
        """);

    [Fact]
    public void Old_segment_does_not_change_the_window() => TcpScript.Accepted(ackOptions: "win 5000").Run("""
        0.2   < ACK 1..101 ack 1 win 1000
        0.21  < ACK 1..101 ack 1 win 9000
              > ACK 1 ack 101
              write 3000
              > ACK 1..1001 ack 101
        """);

    [Fact]
    public void Retransmitted_text_with_a_newer_ack_changes_the_window() => TcpScript.Accepted(ackOptions: "win 2000").Run("""
        0.2   write 4000
              >> 1..2001
        0.25  < ACK 1..101 ack 1 win 2000
        0.26  < ACK 101..201 ack 1 win 2000
        0.29  > ACK 2001 ack 201
        0.3   < ACK 1..301 ack 2001 win 1000
              > ACK 2001..3001 ack 301
        """);

    [Fact]
    public void Ack_that_ends_the_handshake_sets_the_window_though_its_text_begins_early() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000 win 2000
              > SYN+ACK 0 ack 1
        0.1   < ACK -1..301 ack 1 win 1000
              > ACK 1 ack 301
              write 2000
              > ACK 1..1001 ack 301
        """);

    [Fact]
    public void Old_ack_with_new_text_does_not_change_the_window() => TcpScript.Accepted(ackOptions: "win 2000").Run("""
        0.2   write 4000
              >> 1..2001
        0.3   < ACK 1 ack 2001 win 1000
              > ACK 2001..3001 ack 1
        0.4   < PSH+ACK 1..101 ack 1 win 9000
        0.44  > ACK 3001 ack 101
        0.5   < ACK 101 ack 3001 win 9000
              > PSH+ACK 3001..4001 ack 101
        """);

    [Fact]
    public void Window_that_shrinks_below_the_data_in_flight_does_no_harm() => TcpScript.Accepted(ackOptions: "win 3000").Run("""
        0.2   write 5000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
        0.3   < ACK 1 ack 1001 win 500
        0.4   < ACK 1 ack 3001 win 1000
              > ACK 3001..4001 ack 1
        """);

    [Fact]
    public void Ack_does_not_lie_beyond_a_window_that_shrank() => TcpScript.Accepted(ackOptions: "win 3000").Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > PSH+ACK 2001..3001 ack 1
        0.25  < ACK 1 ack 1001 win 500
        0.3   < ACK 1..2001 ack 1001 win 500
              > ACK 1501 ack 2001
        0.4   < ACK 2001 ack 3001 win 3000
        0.5   < ACK 2001..4001 ack 3001 win 3000
              > ACK 3001 ack 4001
        """);

    [Fact]
    public void Reset_does_not_lie_beyond_a_window_that_shrank() => TcpScript.Accepted(ackOptions: "win 2000").Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..2001 ack 1
        0.25  < ACK 1 ack 1001 win 500
        0.3   abort
              > RST+ACK 1501 ack 1
        """);

    [Fact]
    public void Retransmission_fits_a_window_that_shrank() => TcpScript.Accepted(ackOptions: "win 2000").Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..2001 ack 1
        0.25  < ACK 1 ack 1001 win 600
        0.544 > ACK 1001..1601 ack 1
        0.6   < ACK 1 ack 1601 win 2000
              > PSH+ACK 1601..2001 ack 1
        """);

    [Fact]
    public void Window_that_shrank_to_zero_is_probed_until_it_opens() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.25  < ACK 1 ack 1 win 0
        0.5   > ACK 0 ack 1
              < ACK 1 ack 1 win 0
        1.1   > ACK 0 ack 1
        1.2   < ACK 1 ack 1 win 1000
              > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void Peer_that_shrinks_its_window_is_not_given_up_while_it_answers()
    {
        var script = TcpScript.Accepted(ackOptions: "win 1000").Run("""
            0.2   write 1000
                  > PSH+ACK 1..1001 ack 1
            0.25  < ACK 1 ack 1 win 0
            """);
        var at = 0.5;
        var interval = 0.6;
        for (var i = 0; i < 40; i++)
        {
            script.Run(FormattableString.Invariant($"""
                {at:F3}  > ACK 0 ack 1
                         < ACK 1 ack 1 win 0
                         state Established
                """));
            at += interval;
            interval = Math.Min(interval * 2, 60);
        }
    }

    [Fact]
    public void Zero_window_is_probed_at_doubling_intervals_with_an_old_sequence_number() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 0
        0.6   > ACK 1000 ack 1
        1.2   > ACK 1000 ack 1
        2.4   > ACK 1000 ack 1
        4.8   > ACK 1000 ack 1
        5     < ACK 1 ack 1001 win 4000
              > PSH+ACK 1001..2001 ack 1
        """);

    [Fact]
    public void Zero_window_is_probed_for_as_long_as_the_peer_answers()
    {
        var script = TcpScript.Accepted(ackOptions: "win 1000").Run("""
            0.2   write 2000
                  > ACK 1..1001 ack 1
            0.3   < ACK 1 ack 1001 win 0
            0.6   > ACK 1000 ack 1
                  < ACK 1 ack 1001 win 0
            """);
        var at = 0.6;
        var interval = 0.6;
        for (var i = 0; i < 40; i++)
        {
            at += interval;
            interval = Math.Min(interval * 2, 60);
            script.Run(FormattableString.Invariant($"""
                {at:F3}  > ACK 1000 ack 1
                         < ACK 1 ack 1001 win 0
                         state Established
                """));
        }
    }

    // RFC 7323 §2.4: the window ends 24 bytes further than its field can say, and all of it was used
    [Fact]
    public void Ack_does_not_go_back_for_the_rounding_of_a_scaled_window() => TcpScript
        .Accepted("mss 1000 wscale 8 win 1000", "win 2560").Run("""
            0.2   write 2560
                  > ACK 1..1001 ack 1
                  > ACK 1001..2001 ack 1
                  > PSH+ACK 2001..2561 ack 1
            0.3   < ACK 1..1001 ack 1001 win 1536
                  > ACK 2561 ack 1001
            """);

    // RFC 6429 §3
    [Fact]
    public void Peer_whose_window_stays_closed_does_not_keep_an_orphaned_connection()
    {
        var script = TcpScript.Accepted(ackOptions: "win 1000").Run("""
            0.2   write 2000
                  > ACK 1..1001 ack 1
            0.3   < ACK 1 ack 1001 win 0
                  dispose
            """);
        var at = 0.3;
        var interval = 0.3;
        for (var i = 0; i < 15; i++)
        {
            at += interval;
            interval = Math.Min(interval * 2, 60);
            script.Run(FormattableString.Invariant($"""
                {at:F3}  > ACK 1000 ack 1
                         < ACK 1 ack 1001 win 0
                """));
        }

        script.Run(FormattableString.Invariant($"""
            {at + interval:F3} > RST+ACK 1001 ack 1
            connections 0
            """));
    }

    [Fact]
    public void Peer_that_no_longer_answers_probes_is_given_up() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 0
        0.6    > ACK 1000 ack 1
        1.2    > ACK 1000 ack 1
        2.4    > ACK 1000 ack 1
        4.8    > ACK 1000 ack 1
        9.6    > ACK 1000 ack 1
        19.2   > ACK 1000 ack 1
        38.4   > ACK 1000 ack 1
        76.8   > ACK 1000 ack 1
        136.8  > ACK 1000 ack 1
        196.8  > ACK 1000 ack 1
        256.8  > ACK 1000 ack 1
        316.8  > ACK 1000 ack 1
        376.8  > ACK 1000 ack 1
        436.8  > ACK 1000 ack 1
        496.8  > ACK 1000 ack 1
        556.8  > RST+ACK 1001 ack 1
              ended TimedOut
        """);

    [Fact]
    public void Fin_waits_for_a_zero_window_only_with_data() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
              close
              > FIN+ACK 1001 ack 1
        """);

    [Fact]
    public void Data_is_sent_in_the_first_window_of_ten_segments() => TcpScript.Accepted().Run("""
        0.2   write 20000
              >> 1..10001
        """);

    [Fact]
    public void Last_piece_smaller_than_a_segment_is_sent_at_once() => TcpScript.Accepted().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1
              write 100
              > PSH+ACK 101..201 ack 1
              write 1200
              > ACK 201..1201 ack 1
              > PSH+ACK 1201..1401 ack 1
        """);
}
