namespace Onetun.NetStack.Tests;

/// <summary>Timestamps and PAWS: RFC 7323 §3 to §5.</summary>
public sealed class TimestampTests
{
    private static TcpScript Established() => TcpScript.Accepted(
        "mss 1000 sackok wscale 7 ts 1000", "ts 1000 ecr 1", o => o with { Timestamps = true });

    [Fact]
    public void Offer_is_answered_in_kind() => new TcpScript(o => o with { Timestamps = true }).Run("""
        0     listen
              < SYN 0 mss 1000 ts 700
              > SYN+ACK 0 ack 1 ecr 700
        0.1   < ACK 1 ack 1 ts 800 ecr 1
              write 10
              > PSH+ACK 1..11 ack 1 ecr 800
        """);

    [Fact]
    public void Without_the_peers_offer_there_are_none() => new TcpScript(o => o with { Timestamps = true }).Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < ACK 1 ack 1
              write 1000
              > PSH+ACK 1..1001 ack 1 ecr 0
        """);

    [Fact]
    public void They_take_12_bytes_from_each_segment() => Established().Run("""
        0.2   write 1000
              > ACK 1..989 ack 1 ecr 1000
              > PSH+ACK 989..1001 ack 1 ecr 1000
        """);

    [Fact]
    public void Delayed_ack_echoes_the_first_segment_it_acknowledges() => Established().Run("""
        0.2   < ACK 1..101 ack 1 ts 1100 ecr 1
        0.22  < ACK 101..201 ack 1 ts 1120 ecr 1
        0.24  > ACK 1 ack 201 ecr 1100
        """);

    [Fact]
    public void Segment_beyond_a_gap_does_not_change_the_echo() => Established().Run("""
        0.2   < ACK 1001..1989 ack 1 ts 1100 ecr 1
              > ACK 1 ack 1 ecr 1000
        0.25  < ACK 1..1001 ack 1 ts 1150 ecr 1
              > ACK 1 ack 1989 ecr 1150
        """);

    [Fact]
    public void Old_duplicate_is_dropped_with_an_ack() => Established().Run("""
        0.2   < ACK 1..989 ack 1 ts 1100 ecr 1
              > ACK 1 ack 989 ecr 1100
        0.3   < ACK 989..1977 ack 1 ts 1050 ecr 1
              > ACK 1 ack 989 ecr 1100
              readable 988
        """);

    [Fact]
    public void Late_segment_that_a_retransmission_has_overtaken_is_accepted() => Established().Run("""
        0.2   < ACK 1977..2965 ack 1 ts 1200 ecr 1
              > ACK 1 ack 1 ecr 1000 sack 1977..2965
        0.25  < ACK 1..989 ack 1 ts 1250 ecr 1
              > ACK 1 ack 989 ecr 1250 sack 1977..2965
        0.26  < ACK 989..1977 ack 1 ts 1199 ecr 1
              > ACK 1 ack 2965
        """);

    [Fact]
    public void Late_segment_does_not_turn_the_echo_back() => Established().Run("""
        0.2   < ACK 1977..2965 ack 1 ts 1200 ecr 1
              > ACK 1 ack 1 ecr 1000 sack 1977..2965
        0.25  < ACK 1..989 ack 1 ts 1270 ecr 1
              > ACK 1 ack 989 ecr 1270 sack 1977..2965
        0.26  < ACK 989..1977 ack 1 ts 1240 ecr 1
              > ACK 1 ack 2965 ecr 1270
        """);

    [Fact]
    public void Segment_older_than_a_round_trip_is_dropped_even_in_a_gap() => Established().Run("""
        0.2   < ACK 1977..2965 ack 1 ts 1200 ecr 1
              > ACK 1 ack 1 ecr 1000 sack 1977..2965
        0.25  < ACK 1..989 ack 1 ts 1250 ecr 1
              > ACK 1 ack 989 ecr 1250 sack 1977..2965
        0.26  < ACK 989..1977 ack 1 ts 900 ecr 1
              > ACK 1 ack 989 ecr 1250 sack 1977..2965
        """);

    [Fact]
    public void Reset_is_accepted_whatever_its_timestamp() => Established().Run("""
        0.2   < ACK 1..989 ack 1 ts 1100 ecr 1
              > ACK 1 ack 989 ecr 1100
        0.3   < RST 989 ts 5 ecr 0
              ended Reset
        """);

    [Fact]
    public void Fin_and_reset_carry_a_fresh_timestamp() => Established().Run("""
        0.5   close
              > FIN+ACK 1 ack 1 ts 500 ecr 1000
        0.7   abort
              > RST+ACK 2 ack 1 ts 700 ecr 1000
        """);

    // RFC 7323 §3.2 would have it dropped; the window check stands
    [Fact]
    public void Segment_that_lacks_the_timestamp_is_accepted() => Established().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              readable 1000
        """);

    [Fact]
    public void Timestamps_wrap() => TcpScript.Accepted("mss 1000 ts 2147483647", "ts 2147483647 ecr 1", o => o with { Timestamps = true }).Run("""
        0.2   < ACK 1..989 ack 1 ts -2147483647 ecr 1
              > ACK 1 ack 989 ecr -2147483647
              readable 988
        """);

    [Fact]
    public void After_24_days_of_silence_any_timestamp_is_right() => Established().Run("""
        0.2      < ACK 1..989 ack 1 ts 1100 ecr 1
                 > ACK 1 ack 989 ecr 1100
        2160000  < ACK 989..1977 ack 1 ts 5 ecr 1
                 > ACK 1 ack 1977 ecr 5
                 readable 1976
        """);

    [Fact]
    public void Segment_with_a_bad_acknowledgment_does_not_change_the_echo() => Established().Run("""
        0.2   < ACK 1..101 ack 5000 ts 2000 ecr 1
              > ACK 1 ack 1 ecr 1000
        0.3   < ACK 1..101 ack 1 ts 1300 ecr 1
        0.34  > ACK 1 ack 101 ecr 1300
        """);
}
