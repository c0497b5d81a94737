namespace Onetun.NetStack.Tests;

/// <summary>Recovery: retransmissions, new data beside them, and the reduction of the window (RFC 8985, RFC 9937, RFC 3042).</summary>
public sealed class RecoveryTests
{
    private static TcpScript Established(int write) => TcpScript.Accepted("mss 1000 sackok").Run($"""
        0.2   write {write}
              >> 1..{write + 1}
        """);

    [Fact]
    public void Retransmission_that_could_not_be_sent_in_time_is_sent_later() => Established(2000).Run("""
        0.3   < ACK 1 ack 1 sack 1001..2001
              block
        0.35  unblock
              > ACK 1..1001 ack 1
        0.45  < ACK 1 ack 2001
        10    quiet
        """);

    [Fact]
    public void Retransmission_that_could_not_be_sent_is_dropped_when_the_acknowledgment_comes_first() => Established(2000).Run("""
        0.3   < ACK 1 ack 1 sack 1001..2001
              block
        0.35  < ACK 1 ack 2001
              unblock
        10    quiet
        """);

    [Fact]
    public void Sack_of_the_last_of_four_waits_for_reordering() => Established(4000).Run("""
        0.3   < ACK 1 ack 1 sack 3001..4001
        0.325 >> 1..1001
        0.425 < ACK 1 ack 1001 sack 3001..4001
              >> 1001..3001
        0.5   < ACK 1 ack 4001
        10    quiet
        """);

    [Fact]
    public void Sack_of_the_last_byte_alone_is_followed_by_a_probe_and_the_timeout() => Established(4000).Run("""
        0.3   < ACK 1 ack 1 sack 4000..4001
        0.4   >> 3001..4001
        0.7   >> 1..1001
        """);

    // Of ten, 2 6 8 3 9 are SACKed, in this order: the third SACK shows the loss, as no reordering was seen before
    [Fact]
    public void Sacks_that_join_on_the_right_mark_the_right_segments_lost() => Established(10000).Run("""
        0.3    < ACK 1 ack 1 sack 1001..2001
        +0.001 < ACK 1 ack 1 sack 5001..6001 1001..2001
        +0.001 < ACK 1 ack 1 sack 7001..8001 5001..6001 1001..2001
               >> 1..1001
        +0.001 < ACK 1 ack 1 sack 1001..3001 7001..8001 5001..6001
               >> 3001..4001
        +0.001 < ACK 1 ack 1 sack 7001..9001 1001..3001 5001..6001
               >> 4001..5001
        +0.1   < ACK 1 ack 3001 sack 7001..9001 5001..6001
               >> 6001..7001
        0.5    < ACK 1 ack 10001
        10     quiet
        """);

    // 7 3 4 8 9: the second came out of order, so that missing segments may be a quarter of the round trip late
    [Fact]
    public void Sacks_that_join_on_the_left_mark_the_right_segments_lost() => Established(10000).Run("""
        0.3    < ACK 1 ack 1 sack 6001..7001
        +0.001 < ACK 1 ack 1 sack 2001..3001 6001..7001
        +0.001 < ACK 1 ack 1 sack 2001..4001 6001..7001
        +0.001 < ACK 1 ack 1 sack 6001..8001 2001..4001
        +0.001 < ACK 1 ack 1 sack 6001..9001 2001..4001
        0.329  >> 1..1001
        0.425  < ACK 1 ack 1001 sack 6001..9001 2001..4001
               >> 1001..2001
               >> 4001..5001
        0.525  < ACK 1 ack 5001 sack 6001..9001
               >> 5001..6001
               >> 9001..10001
        0.6    < ACK 1 ack 10001
        10     quiet
        """);

    // 7 5 6 8 9
    [Fact]
    public void Sacks_that_join_on_both_sides_mark_the_right_segments_lost() => Established(10000).Run("""
        0.3    < ACK 1 ack 1 sack 6001..7001
        +0.001 < ACK 1 ack 1 sack 4001..5001 6001..7001
        +0.001 < ACK 1 ack 1 sack 4001..7001
        +0.001 < ACK 1 ack 1 sack 4001..8001
        +0.001 < ACK 1 ack 1 sack 4001..9001
        0.329  >> 1..1001
        0.425  < ACK 1 ack 1001 sack 4001..9001
               >> 1001..3001
        0.525  < ACK 1 ack 3001 sack 4001..9001
               >> 3001..4001
               >> 9001..10001
        0.6    < ACK 1 ack 10001
        10     quiet
        """);

    // ssthresh is 21,000: 0.7 are sent for each one delivered, until that many are in flight
    [Fact]
    public void Four_lost_of_thirty_are_repaired_while_the_window_is_reduced() => Thirty().Run("""
        0.5    < ACK 1 ack 20001 sack 24001..25001
        +0.001 < ACK 1 ack 20001 sack 24001..26001
        +0.001 < ACK 1 ack 20001 sack 24001..27001
               >> 20001..21001
        +0.001 < ACK 1 ack 20001 sack 24001..28001
        +0.001 < ACK 1 ack 20001 sack 24001..29001
               >> 21001..22001
        +0.001 < ACK 1 ack 20001 sack 24001..30001
               >> 22001..23001
        +0.001 < ACK 1 ack 20001 sack 24001..31001
        +0.001 < ACK 1 ack 20001 sack 24001..32001
        +0.001 < ACK 1 ack 20001 sack 24001..33001
               >> 23001..24001
        +0.001 < ACK 1 ack 20001 sack 24001..50001
        0.6    < ACK 1 ack 50001
               window 21000
        10     quiet
        """);

    [Fact]
    public void Two_gaps_in_thirty_are_repaired_in_one_recovery() => Thirty().Run("""
        0.5    < ACK 1 ack 20001 sack 24001..25001
        +0.001 < ACK 1 ack 20001 sack 24001..26001
        +0.001 < ACK 1 ack 20001 sack 24001..27001
               >> 20001..21001
        +0.001 < ACK 1 ack 20001 sack 24001..28001
        +0.001 < ACK 1 ack 20001 sack 24001..29001
               >> 21001..22001
        +0.001 < ACK 1 ack 20001 sack 24001..30001
               >> 22001..23001
        +0.001 < ACK 1 ack 20001 sack 36001..37001 24001..30001
               >> 23001..24001
               >> 30001..31001
        +0.001 < ACK 1 ack 20001 sack 36001..38001 24001..30001
               >> 31001..32001
        +0.001 < ACK 1 ack 20001 sack 36001..39001 24001..30001
               >> 32001..33001
        +0.001 < ACK 1 ack 20001 sack 36001..40001 24001..30001
               >> 33001..34001
        +0.001 < ACK 1 ack 20001 sack 36001..41001 24001..30001
               >> 34001..35001
        +0.001 < ACK 1 ack 20001 sack 36001..42001 24001..30001
               >> 35001..36001
        +0.001 < ACK 1 ack 20001 sack 36001..50001 24001..30001
        0.6    < ACK 1 ack 30001 sack 36001..50001
        0.61   < ACK 1 ack 50001
               window 21000
        10     quiet
        """);

    [Fact]
    public void First_two_duplicate_acks_each_release_a_new_segment() => TcpScript.Accepted("mss 1000").Run("""
        0.2   write 40000
              >> 1..10001
        0.3   < ACK 1 ack 1
              >> 10001..11001
              < ACK 1 ack 1
              >> 11001..12001
              < ACK 1 ack 1
              >> 1..1001
        """);

    private static TcpScript Thirty() => TcpScript.Accepted("mss 1000 sackok").Run("""
        0.2    write 50000
               >> 1..10001
        0.3    < ACK 1 ack 10001
               >> 10001..30001
        0.4    < ACK 1 ack 20001
               >> 30001..50001
               window 30000
        """);
}
