namespace Onetun.NetStack.Tests;

/// <summary>Closing, in every order: RFC 9293 §3.6.</summary>
public sealed class CloseTests
{
    [Fact]
    public void Active_close_ends_in_time_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
              state FinWait1
        0.3   < ACK 1 ack 2
              state FinWait2
        0.4   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
              state TimeWait
              inputended
        60.3  connections 1
        60.5  connections 0
              ended Graceful
        """);

    [Fact]
    public void Passive_close_ends_with_the_last_ack() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
              state CloseWait
              inputended
        0.3   close
              > FIN+ACK 1 ack 2
              state LastAck
        0.4   < ACK 2 ack 2
              ended Graceful
              connections 0
        0.5   < ACK 2 ack 2
              > RST 2
        """);

    [Fact]
    public void Fins_that_cross_end_in_time_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
              < FIN+ACK 1 ack 1
              > ACK 2 ack 2
              state Closing
        0.3   < ACK 2 ack 2
              state TimeWait
        61    connections 0
        """);

    [Fact]
    public void Fin_that_acknowledges_ours_leads_straight_to_time_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
              state TimeWait
        """);

    [Fact]
    public void Fin_is_retransmitted_in_fin_wait_1() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.5   > FIN+ACK 1 ack 1
        1.1   > FIN+ACK 1 ack 1
              state FinWait1
        1.2   < ACK 1 ack 2
              state FinWait2
        50    quiet
        """);

    [Fact]
    public void Fin_is_retransmitted_in_closing() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 1
              > ACK 2 ack 2
              state Closing
        0.5   > FIN+ACK 1 ack 2
        1.1   > FIN+ACK 1 ack 2
              state Closing
        """);

    [Fact]
    public void Fin_is_retransmitted_in_last_ack() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
              close
              > FIN+ACK 1 ack 2
        0.5   > FIN+ACK 1 ack 2
              state LastAck
        1.1   > FIN+ACK 1 ack 2
        1.2   < ACK 2 ack 2
              connections 0
        """);

    [Fact]
    public void Fin_waits_for_data_that_the_window_holds_back() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 1500
              > ACK 1..1001 ack 1
              close
        0.3   < ACK 1 ack 1001 win 1000
              > FIN+PSH+ACK 1001..1501 ack 1
              state FinWait1
        0.4   < ACK 1 ack 1502
              state FinWait2
        """);

    [Fact]
    public void Data_and_fin_are_retransmitted_after_close() => TcpScript.Accepted().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
              close
              > FIN+ACK 501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
              > FIN+ACK 501 ack 1
        0.7   < ACK 1 ack 502
              state FinWait2
        """);

    [Fact]
    public void After_our_fin_data_is_still_received() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < ACK 1..1001 ack 2
              > ACK 2 ack 1001
              state FinWait2
        0.4   < FIN+ACK 1001..2001 ack 2
              > ACK 2 ack 2002
              state TimeWait
              read 2000
        """);

    [Fact]
    public void After_the_peers_fin_data_is_still_sent() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
        0.3   write 1000
              > PSH+ACK 1..1001 ack 2
        0.4   < ACK 2 ack 1001
              close
              > FIN+ACK 1001 ack 2
        0.5   < ACK 2 ack 1002
              connections 0
        """);

    [Fact]
    public void Fin_before_missing_data_waits_for_it() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1001..1501 ack 1
              > ACK 1 ack 1
              state Established
        0.3   < ACK 1..1001 ack 1
              > ACK 1 ack 1502
              state CloseWait
              read 1500
              inputended
        """);

    [Fact]
    public void Fin_without_data_before_missing_data_waits_for_it() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1001 ack 1
              > ACK 1 ack 1
              state Established
        0.3   < ACK 1..1001 ack 1
              > ACK 1 ack 1002
              state CloseWait
              read 1000
        """);

    [Fact]
    public void Fin_retransmitted_in_close_wait_is_acknowledged_again() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
        0.4   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
              state CloseWait
        """);

    [Fact]
    public void Fin_retransmitted_in_time_wait_is_acknowledged_and_restarts_the_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
        30    < FIN+ACK 1 ack 2
              > ACK 2 ack 2
        89    connections 1
        91    connections 0
        """);

    [Fact]
    public void Late_fin_with_an_older_acknowledgment_is_accepted() => TcpScript.Accepted().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
              close
              > FIN+ACK 501 ack 1
        0.3   < ACK 1 ack 502
              state FinWait2
        0.4   < FIN+ACK 1 ack 1
              > ACK 502 ack 2
              state TimeWait
        """);

    [Fact]
    public void Data_after_a_fin_is_not_delivered() => TcpScript.Accepted().Run("""
        0.2   < FIN+ACK 1..501 ack 1
              > ACK 1 ack 502
        0.3   < ACK 502..1002 ack 1
              > ACK 1 ack 502
              read 500
              readable 0
              inputended
        """);

    [Fact]
    public void Dispose_with_unread_data_resets() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              dispose
              > RST+ACK 1 ack 1001
              connections 0
        """);

    [Fact]
    public void Dispose_after_everything_was_read_sends_fin() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              read 1000
        0.3   < FIN+ACK 1..1001 ack 1
              > ACK 1 ack 1002
        0.4   dispose
              > FIN+ACK 1 ack 1002
              state LastAck
        """);

    [Fact]
    public void Repeated_data_with_a_new_fin_after_everything_was_read_does_not_reset() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              read 1000
              dispose
              > FIN+ACK 1 ack 1001
        0.3   < FIN+ACK 1..1001 ack 2
              > ACK 2 ack 1002
              state TimeWait
        """);

    [Fact]
    public void Data_that_nobody_will_read_resets() => TcpScript.Accepted().Run("""
        0.2   dispose
              > FIN+ACK 1 ack 1
        0.3   < ACK 1 ack 2
              state FinWait2
        0.4   < ACK 1..1001 ack 2
              > RST+ACK 2 ack 1
              connections 0
        """);

    [Fact]
    public void Orphan_in_fin_wait_2_is_given_up_after_a_minute() => TcpScript.Accepted().Run("""
        0.2   dispose
              > FIN+ACK 1 ack 1
        0.3   < ACK 1 ack 2
              state FinWait2
        60.2  connections 1
        60.4  connections 0
        60.5  < FIN+ACK 1 ack 2
              > RST 2
        """);

    [Fact]
    public void Unread_data_does_not_keep_what_was_written_from_being_delivered() => TcpScript.Accepted().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
              dispose
              > FIN+ACK 501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
              > FIN+ACK 501 ack 1
        0.6   < ACK 1 ack 502
              state FinWait2
        """);

    [Fact]
    public void Input_that_is_ignored_is_acknowledged_and_dropped() => TcpScript.Accepted().Run("""
        0.2   ignore
        0.3   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              readable 0
              state Established
              write 100
              > PSH+ACK 1..101 ack 1001
        """);

    [Fact]
    public void Abort_resets_at_the_next_sequence_number() => TcpScript.Accepted().Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
              abort
              > RST+ACK 501 ack 1
              ended Aborted
              connections 0
        """);

    [Fact]
    public void Abort_in_time_wait_says_nothing() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
              abort
              connections 0
        """);

    [Fact]
    public void Newer_syn_takes_the_place_of_time_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
        0.4   < SYN 5000 mss 1000
              > SYN+ACK 0 ack 5001
              connections 1
        """);

    // RFC 9293 §3.10.7.4: 70 kB in 0.2 s are more than the clock of the initial number has moved on by
    [Fact]
    public void A_newer_connection_begins_beyond_the_numbers_of_the_one_in_time_wait()
    {
        var script = TcpScript.Accepted().Run("""
            0.2   write 70000
                  >> 1..10001
                  < ACK 1 ack 10001
                  >> 10001..30001
                  < ACK 1 ack 30001
                  >> 30001..70001
                  < ACK 1 ack 70001
                  close
                  > FIN+ACK 70001 ack 1
                  < FIN+ACK 1 ack 70002
                  > ACK 70002 ack 2
            """);
        var last = script.Connection.Sender.Sequence.Wrap(script.Connection.Sender.Next);
        script.Run("""
            0.21  < SYN 5000 mss 1000
                  > SYN+ACK 0 ack 5001
            0.31  < ACK 5001 ack 1
                  accept
            """);
        Assert.Equal(last + 1, script.Connection.Sender.Sequence.Wrap(0));
    }

    // RFC 6191 §2
    [Fact]
    public void Newer_timestamp_lets_a_lower_number_take_the_place_of_time_wait() =>
        TcpScript.Accepted("mss 1000 ts 1000", "ts 1000 ecr 1", o => o with { Timestamps = true }).Run("""
            0.2   close
                  > FIN+ACK 1 ack 1
            0.3   < FIN+ACK 1..1001 ack 2 ts 1300 ecr 200
                  > ACK 2 ack 1002
            0.4   < SYN 500 mss 1000 ts 1200
                  > ACK 2 ack 1002
            0.5   < SYN 500 mss 1000 ts 1500
                  > SYN+ACK 0 ack 501
                  connections 1
            """);

    [Fact]
    public void Older_syn_does_not_take_the_place_of_time_wait() => TcpScript.Accepted().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1..1001 ack 2
              > ACK 2 ack 1002
        0.4   < SYN 500 mss 1000
              > ACK 2 ack 1002
              state TimeWait
        """);
}
