namespace Onetun.NetStack.Tests;

/// <summary>Our window: RFC 9293 §3.8.6, RFC 7323 §2.</summary>
public sealed class ReceiveWindowTests
{
    private static TcpScript Small() => TcpScript.Accepted(
        "mss 1000 wscale 0",
        configure: o => o with { InitialReceiveBuffer = 4096, Socket = o.Socket with { MaxReceiveBuffer = 4096 } });

    [Fact]
    public void Peer_without_window_scale_is_served_like_any_other() => TcpScript.Accepted("mss 1000 ts 100", "ts 200 ecr 1", o => o with { Timestamps = true }).Run("""
        0.2   < ACK 1..989 ack 1 ts 300 ecr 1
              > ACK 1 ack 989 win 64547
              read 988
        0.4   < ACK 989..1977 ack 1 ts 500 ecr 1
              > ACK 1 ack 1977 win 64547
              read 988
              state Established
        """);

    [Fact]
    public void Window_closes_as_data_stays_unread_and_opens_when_it_is_read() => Small().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001 win 3096
              < ACK 1001..2001 ack 1
              > ACK 1 ack 2001 win 2096
              < ACK 2001..3001 ack 1
              > ACK 1 ack 3001 win 1096
              < ACK 3001..4001 ack 1
              > ACK 1 ack 4001 win 96
        0.3   read 4000
              > ACK 1 ack 4001 win 4096
        """);

    [Fact]
    public void Window_update_waits_until_it_opens_no_silly_window() => Small().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              < ACK 1001..2001 ack 1
              > ACK 1 ack 2001
              < ACK 2001..3001 ack 1
              > ACK 1 ack 3001
              < ACK 3001..4001 ack 1
              > ACK 1 ack 4001 win 96
        0.3   read 500
        0.4   read 600
              > ACK 1 ack 4001 win 1196
        """);

    [Fact]
    public void Data_beyond_the_window_is_cut_off() => Small().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001 win 3096
              < ACK 1001..2001 ack 1
              > ACK 1 ack 2001 win 2096
              < ACK 2001..3001 ack 1
              > ACK 1 ack 3001 win 1096
              < ACK 3001..4001 ack 1
              > ACK 1 ack 4001 win 96
              < ACK 4001..5001 ack 1
        0.24  > ACK 1 ack 4097 win 0
              read 4096
              > ACK 1 ack 4097 win 4096
        """);

    [Fact]
    public void Data_in_a_zero_window_draws_an_ack() => Full().Run("""
        0.3   < ACK 4097..5097 ack 1
              > ACK 1 ack 4097 win 0
              < ACK 4097..4098 ack 1
              > ACK 1 ack 4097 win 0
              readable 4096
        """);

    [Fact]
    public void Probe_of_a_zero_window_with_an_old_sequence_number_is_answered() => Full().Run("""
        0.3   < ACK 4096 ack 1
              > ACK 1 ack 4097 win 0
        """);

    [Fact]
    public void Ack_in_a_zero_window_is_accepted() => Full().Run("""
        0.3   write 100
              > PSH+ACK 1..101 ack 4097 win 0
        0.4   < ACK 4097 ack 101
        2     quiet
        """);

    // RFC 9293 §3.10.7.4: of a probe, too
    [Fact]
    public void Ack_in_a_probe_of_a_zero_window_is_accepted() => Full().Run("""
        0.3   write 100
              > PSH+ACK 1..101 ack 4097 win 0
        0.4   < ACK 4097..4098 ack 101
              > ACK 101 ack 4097 win 0
        2     quiet
        """);

    // Who has filled the window, and does not know yet that more was read
    [Fact]
    public void Ack_at_the_edge_of_the_window_is_accepted() => Small().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1 win 4096
        0.3   < ACK 4097 ack 101
        2     quiet
        """);

    // RFC 9293 §3.8.6.2.2
    [Fact]
    public void Answer_to_a_probe_opens_no_silly_window() => Full().Run("""
        0.3   read 100
        0.4   < ACK 4096 ack 1
              > ACK 1 ack 4097 win 0
        0.5   read 1000
              > ACK 1 ack 4097 win 1100
        """);

    [Fact]
    public void Reset_in_a_zero_window_is_accepted() => Full().Run("""
        0.3   < RST 4097
              ended Reset
        """);

    [Fact]
    public void Fin_in_a_zero_window_is_accepted() => Full().Run("""
        0.3   < FIN+ACK 4097 ack 1
              > ACK 1 ack 4098 win 0
              state CloseWait
        """);

    [Fact]
    public void Window_never_shrinks() => Small().Run("""
        0.2   < ACK 1..501 ack 1
              < ACK 501..511 ack 1
        0.24  > ACK 1 ack 511 win 3586
        """);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(65536, 0)]
    public void Segments_wholly_outside_the_window_draw_an_ack(int distance, int length)
    {
        var start = distance == 0 ? -100 : 1 + distance;
        TcpScript.Accepted().Run($"""
            0.2   < ACK {start}..{start + length} ack 1
                  > ACK 1 ack 1
                  readable 0
            """);
    }

    [Fact]
    public void Segment_without_ack_is_dropped() => TcpScript.Accepted().Run("""
        0.2   < - 1..101
        0.3   < PSH 1..101
              readable 0
              < FIN 1
              state Established
        """);

    [Theory]
    [InlineData(2)]
    [InlineData(1_000_000)]
    public void Acknowledgment_of_what_was_never_sent_draws_an_ack_and_the_segment_is_dropped(int ack) =>
        TcpScript.Accepted().Run($"""
            0.2   < ACK 1..101 ack {ack}
                  > ACK 1 ack 1
                  readable 0
            """);

    [Fact]
    public void Ancient_acknowledgment_draws_an_ack_and_the_segment_is_dropped() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..101 ack -70000
              > ACK 1 ack 1
              readable 0
        """);

    [Fact]
    public void Urgent_data_is_delivered_in_place() => TcpScript.Accepted().Run("""
        0.2   < ACK+URG 1..101 ack 1
        0.24  > ACK 1 ack 101
              read 100
        """);

    private static TcpScript Full() => Small().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              < ACK 1001..2001 ack 1
              > ACK 1 ack 2001
              < ACK 2001..3001 ack 1
              > ACK 1 ack 3001
              < ACK 3001..4001 ack 1
              > ACK 1 ack 4001
              < ACK 4001..4097 ack 1
        0.24  > ACK 1 ack 4097 win 0
        """);
}
