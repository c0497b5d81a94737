namespace Onetun.NetStack.Tests;

/// <summary>Loss detection by time and tail loss probes: RFC 8985, with SACK from the peer.</summary>
public sealed class RackTests
{
    private static TcpScript Established(int write) => TcpScript.Accepted("mss 1000 sackok").Run($"""
        0.2   write {write}
        {string.Join('\n', Enumerable.Range(0, write / 1000).Select(i => $"> ACK {1 + (i * 1000)}..{1001 + (i * 1000)} ack 1"))}
        """);

    [Fact]
    public void Tail_is_probed_after_two_round_trips() => Established(3000).Run("""
        0.4   > PSH+ACK 2001..3001 ack 1
        """);

    [Fact]
    public void Single_segment_is_probed_later_by_the_peers_delay() => Established(1000).Run("""
        0.44  > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void Probe_carries_new_data_if_there_is_some()
    {
        TcpScript.Accepted("mss 1000 sackok", "win 2000").Run("""
            0.2   write 3000
                  > ACK 1..1001 ack 1
                  > ACK 1001..2001 ack 1
            0.21  < ACK 1 ack 1 win 4000
                  > PSH+ACK 2001..3001 ack 1
            """);
    }

    [Fact]
    public void Sack_of_a_probe_uncovers_the_loss_before_it() => Established(3000).Run("""
        0.4   > PSH+ACK 2001..3001 ack 1
        0.5   < ACK 1 ack 1 sack 2001..3001
              > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 1001 sack 2001..3001
              > ACK 1001..2001 ack 1
        0.61  < ACK 1 ack 3001
        10    quiet
        """);

    [Fact]
    public void Unanswered_probe_is_followed_by_the_timeout() => Established(3000).Run("""
        0.4   > PSH+ACK 2001..3001 ack 1
        0.7   > ACK 1..1001 ack 1
        1.3   > ACK 1..1001 ack 1
        """);

    [Fact]
    public void Three_segments_sacked_beyond_a_gap_retransmit_the_gap_at_once() => Established(5000).Run("""
        0.3   < ACK 1 ack 1 sack 1001..2001
        0.301 < ACK 1 ack 1 sack 1001..3001
        0.302 < ACK 1 ack 1 sack 1001..4001
              > ACK 1..1001 ack 1
        0.4   < ACK 1 ack 5001
        10    quiet
        """);

    [Fact]
    public void One_segment_sacked_beyond_a_gap_waits_a_quarter_of_the_round_trip() => Established(2000).Run("""
        0.3   < ACK 1 ack 1 sack 1001..2001
        0.325 > ACK 1..1001 ack 1
        0.4   < ACK 1 ack 2001
        10    quiet
        """);

    // RFC 3708 §3
    [Fact]
    public void Packets_duplicated_by_the_network_do_not_widen_the_reordering_window() => Established(3000).Run("""
        0.3   < ACK 1 ack 1001
              < ACK 1 ack 1001 sack 1..1001
              < ACK 1 ack 1001 sack 2001..3001
        0.325 > ACK 1001..2001 ack 1
        """);

    [Fact]
    public void Reordered_segment_that_comes_in_time_is_not_retransmitted() => Established(3000).Run("""
        0.3   < ACK 1 ack 1 sack 1001..2001
        0.31  < ACK 1 ack 2001
        0.32  < ACK 1 ack 3001
        10    quiet
        """);

    [Fact]
    public void Lost_retransmission_is_noticed_by_what_was_sent_after_it() => Established(10000).Run("""
              write 10000
        0.3   < ACK 1 ack 1 sack 1001..4001
              > ACK 1..1001 ack 1
        0.31  < ACK 1 ack 1 sack 1001..10001
              > ACK 10001..11001 ack 1
              > ACK 11001..12001 ack 1
              > ACK 12001..13001 ack 1
              > ACK 13001..14001 ack 1
              > ACK 14001..15001 ack 1
              > ACK 15001..16001 ack 1
        0.41  < ACK 1 ack 1 sack 1001..16001
              > ACK 1..1001 ack 1
              > ACK 16001..17001 ack 1
              > ACK 17001..18001 ack 1
              > ACK 18001..19001 ack 1
              > PSH+ACK 19001..20001 ack 1
        """);

    [Fact]
    public void Retransmission_of_the_head_restarts_the_timer()
    {
        var script = TcpScript.Accepted("mss 1000 sackok");
        for (var i = 0; i < 6; i++)
        {
            var start = 1 + (i * 1000);
            script.Run($"""
                +0.01  write 1000
                       > PSH+ACK {start}..{start + 1000} ack 1
                +0.1   < ACK 1 ack {start + 1000}
                """);
        }

        // The timeout is 200 ms by now, and the retransmission needs two round trips of 100 ms
        script.Run("""
            1     write 4000
                  > ACK 6001..7001 ack 1
                  > ACK 7001..8001 ack 1
                  > ACK 8001..9001 ack 1
                  > ACK 9001..10001 ack 1
            1.105 < ACK 1 ack 6001 sack 7001..10001
                  > ACK 6001..7001 ack 1
            1.21  < ACK 1 ack 10001
            10    quiet
            """);
    }

    [Fact]
    public void Sacked_segments_are_not_retransmitted_after_a_timeout() => Established(5000).Run("""
        0.3   < ACK 1 ack 1 sack 2001..3001
        0.325 > ACK 1..1001 ack 1
        0.625 > ACK 1..1001 ack 1
        0.725 < ACK 1 ack 1001 sack 2001..3001
              > ACK 1001..2001 ack 1
              > ACK 3001..4001 ack 1
        0.825 < ACK 1 ack 4001
              > PSH+ACK 4001..5001 ack 1
        """);

    [Fact]
    public void Blocks_that_make_no_sense_are_ignored() => Established(3000).Run("""
        0.3   < ACK 1 ack 1 sack 2001..1001
              < ACK 1 ack 1 sack 100001..200001
              < ACK 1 ack 1 sack 3001..4001
              < ACK 1 ack 1 sack -5000..-4000
              state Established
        0.4   > PSH+ACK 2001..3001 ack 1
        """);

    [Fact]
    public void Acknowledgment_of_nothing_new_does_not_put_off_the_probe() => Established(3000).Run("""
        0.3   < ACK 1 ack 1
        0.4   > PSH+ACK 2001..3001 ack 1
        """);
}
