namespace Onetun.NetStack.Tests;

/// <summary>How much may be in flight: RFC 5681, RFC 6937, RFC 9438, and when a reduction is taken back.</summary>
public sealed class CongestionTests
{
    private static TcpScript Established(string synOptions = "mss 1000 sackok") => TcpScript.Accepted(synOptions);

    [Fact]
    public void Slow_start_sends_two_segments_for_each_acknowledged() => Established().Run("""
        0.2   write 40000
              >> 1..10001
        0.3   < ACK 1 ack 1001
              >> 10001..12001
              < ACK 1 ack 2001
              >> 12001..14001
              < ACK 1 ack 3001
              >> 14001..16001
        """);

    [Fact]
    public void Slow_start_counts_bytes_not_acknowledgments() => Established().Run("""
        0.2   write 60000
              >> 1..10001
        0.3   < ACK 1 ack 4001
              >> 10001..18001
              < ACK 1 ack 10001
              >> 18001..30001
        """);

    [Fact]
    public void Window_does_not_grow_while_the_application_uses_little_of_it()
    {
        var script = Established();
        var sent = 1;
        for (var i = 0; i < 20; i++)
        {
            script.Run($"""
                +0.01  write 2000
                       >> {sent}..{sent + 2000}
                +0.1   < ACK 1 ack {sent + 2000}
                """);
            sent += 2000;
        }

        script.Run($"""
            +0.01  write 30000
                   >> {sent}..{sent + 10000}
            """);
    }

    [Fact]
    public void After_idleness_the_window_is_the_initial_one_again() => Established().Run("""
        0.2   write 30000
              >> 1..10001
        0.3   < ACK 1 ack 10001
              >> 10001..30001
        0.4   < ACK 1 ack 30001
        5     write 40000
              >> 30001..40001
        """);

    [Fact]
    public void Each_segment_sacked_in_recovery_releases_at_most_one() => Established().Run("""
        0.2   write 40000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..2001
              >> 10001..11001
              < ACK 1 ack 1 sack 1001..3001
              >> 11001..12001
              < ACK 1 ack 1 sack 1001..4001
              >> 1..1001
        """);

    [Fact]
    public void After_recovery_the_window_is_seven_tenths() => Established().Run("""
        0.2   write 40000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..4001
              >> 1..1001
        0.31  < ACK 1 ack 1 sack 1001..10001
              >> 10001..16001
        0.4   < ACK 1 ack 10001
              >> 16001..17001
        """);

    [Fact]
    public void Timeout_reduces_the_window_to_one_segment() => Established("mss 1000").Run("""
        0.2   write 40000
              >> 1..10001
        0.5   >> 1..1001
        0.6   < ACK 1 ack 1001
              >> 1001..3001
        """);

    [Fact]
    public void Reordering_does_not_reduce_the_window() => Established().Run("""
        0.2   write 40000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..2001
              >> 10001..11001
        0.31  < ACK 1 ack 10001
              >> 11001..30001
        """);

    [Fact]
    public void Retransmission_that_a_timestamp_shows_to_be_spurious_restores_the_window() => TcpScript.Accepted(
        "mss 1012 sackok ts 1", "ts 1 ecr 0", o => o with { Timestamps = true }, mtu: 1052).Run("""
        0.2   write 60000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..4001 ts 2 ecr 200
              >> 1..1001
        0.35  < ACK 1 ack 10001 ts 2 ecr 200
              >> 10001..30001
        """);

    [Fact]
    public void Retransmission_that_a_timestamp_shows_to_be_needed_keeps_the_window_reduced() => TcpScript.Accepted(
        "mss 1012 sackok ts 1", "ts 1 ecr 0", o => o with { Timestamps = true }, mtu: 1052).Run("""
        0.2   write 60000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..4001 ts 2 ecr 200
              >> 1..1001
        0.4   < ACK 1 ack 10001 ts 2 ecr 300
              >> 10001..17001
        """);

    [Fact]
    public void Retransmission_that_a_duplicate_sack_shows_to_be_spurious_restores_the_window() => Established().Run("""
        0.2   write 60000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..4001
              >> 1..1001
        0.35  < ACK 1 ack 10001
              >> 10001..17001
        0.36  < ACK 1 ack 10001 sack 1..1001
              >> 17001..20001
        """);

    // It was full, and then grows by what was acknowledged, as in any slow start
    [Fact]
    public void Loss_that_is_disproved_before_its_retransmission_restores_the_window() => Established().Run("""
        0.2   write 60000
              >> 1..10001
        0.3   block
              < ACK 1 ack 1 sack 1001..4001
              window 7000
              < ACK 1 ack 10001
              window 20000
              unblock
              >> 10001..30001
        """);

    [Fact]
    public void Reordering_that_only_a_duplicate_sack_shows_is_allowed_for_from_then_on() => Established().Run("""
        0.2   write 60000
              >> 1..10001
        0.3   < ACK 1 ack 1 sack 1001..4001
              >> 1..1001
        0.35  < ACK 1 ack 10001
              >> 10001..17001
        0.36  < ACK 1 ack 10001 sack 1..1001
              >> 17001..20001
        0.45  < ACK 1 ack 10001 sack 11001..14001
              >> 20001..23001
        0.5   > ACK 10001..11001
        """);

    [Fact]
    public void Sacked_segment_is_not_retransmitted_as_a_probe() => Established().Run("""
        0.2    write 2000
               >> 1..2001
        0.3    < ACK 1 ack 1 sack 1001..2001
        0.325  > ACK 1..1001 ack 1
        0.42   quiet
               < ACK 1 ack 2001
        2      quiet
        """);

    [Fact]
    public void Sack_on_an_older_acknowledgment_counts() => Established().Run("""
        0.2   write 10000
              >> 1..10001
        0.3   < ACK 1 ack 2001
        0.31  < ACK 1 ack 1001 sack 3001..6001
              >> 2001..3001
        """);
}
