namespace Onetun.NetStack.Tests;

/// <summary>Opening a connection: RFC 9293 §3.5, §3.10.7.1 to §3.10.7.3.</summary>
public sealed class HandshakeTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Active_open_takes_three_segments(bool ipv6) => new TcpScript(ipv6: ipv6, mtu: ipv6 ? 1280 : 1040).Run($"""
        0     connect
              > SYN 0 mss {(ipv6 ? 1220 : 1000)} sackok wscale 8
              state SynSent
        0.1   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
              state Established
        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Passive_open_takes_three_segments(bool ipv6) => new TcpScript(ipv6: ipv6, mtu: ipv6 ? 1280 : 1040).Run($"""
        0     listen
              < SYN 0 mss 1000 sackok wscale 7
              > SYN+ACK 0 ack 1 mss {(ipv6 ? 1220 : 1000)} sackok wscale 8
        0.1   < ACK 1 ack 1
              state Established
        """);

    [Fact]
    public void Syn_is_sent_again_at_doubling_intervals_and_given_up_after_a_minute() => new TcpScript().Run("""
        0     connect
              > SYN 0
        1     > SYN 0
        3     > SYN 0
        7     > SYN 0
        15    > SYN 0
        31    > SYN 0
        61    ended TimedOut
              connections 0
        200   quiet
        """);

    [Fact]
    public void Syn_ack_is_retransmitted_at_doubling_intervals_and_given_up_after_a_minute() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        1     > SYN+ACK 0 ack 1
        3     > SYN+ACK 0 ack 1
        7     > SYN+ACK 0 ack 1
        15    > SYN+ACK 0 ack 1
        31    > SYN+ACK 0 ack 1
        60    > RST+ACK 1 ack 1
              connections 0
        """);

    [Fact]
    public void Repeated_syn_is_answered_with_the_same_syn_ack() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000 sackok
              > SYN+ACK 0 ack 1 sackok
        0.5   < SYN 0 mss 1000 sackok
              > SYN+ACK 0 ack 1 sackok
              connections 1
        """);

    [Fact]
    public void Simultaneous_open_ends_established() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
              state SynReceived
        0.2   < SYN+ACK 0 ack 1 mss 1000
              state Established
        0.3   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
        """);

    [Fact]
    public void Text_with_the_syn_of_a_simultaneous_open_begins_after_it() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.2   < SYN+ACK 0..500 ack 1 mss 1000
              state Established
              readable 500
              read 500
        0.24  > ACK 1 ack 501
        """);

    [Fact]
    public void Simultaneous_open_with_a_plain_ack_ends_established() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.2   < ACK 1 ack 1
              state Established
        """);

    [Fact]
    public void Syn_sent_answers_a_wrong_acknowledgment_with_reset_and_goes_on() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN+ACK 0 ack 2 mss 1000
              > RST 2
              state SynSent
        0.2   < SYN+ACK 0 ack 0 mss 1000
              > RST 0
        0.3   < ACK 5 ack 100
              > RST 100
              state SynSent
        0.4   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
              state Established
        """);

    [Fact]
    public void Syn_sent_ignores_what_is_neither_syn_nor_reset() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < ACK 5 ack 1
        0.2   < FIN+ACK 5 ack 1
        0.3   < - 5..10
              state SynSent
        """);

    [Fact]
    public void Bad_acknowledgment_in_syn_received_draws_a_reset_and_changes_nothing() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < ACK 1 ack 0
              > RST 0
        0.2   < ACK 1 ack 2
              > RST 2
        0.3   < ACK 1 ack 1
              state Established
        """);

    [Fact]
    public void Ack_before_our_syn_ack_is_sent_is_not_acceptable() => new TcpScript().Run("""
        0     listen
              block
              < SYN 0 mss 1000
              < PSH+ACK 1..501 ack 1
              < ACK 1 ack 1
              unblock
              > RST 1
              > SYN+ACK 0 ack 1
        0.1   < ACK 1 ack 1
              state Established
              readable 0
              write 500
              > PSH+ACK 1..501 ack 1
        """);

    [Fact]
    public void Answer_before_our_syn_is_sent_is_not_acceptable() => new TcpScript().Run("""
        0     block
              connect
              < RST+ACK 0 ack 1
              state SynSent
              < SYN+ACK 0 ack 1 mss 1000
              unblock
              > RST 1
              > SYN 0
              state SynSent
        0.1   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
              state Established
        """);

    [Fact]
    public void Data_with_the_last_segment_of_the_handshake_is_delivered() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < ACK 1..501 ack 1
              state Established
              read 500
        0.14  > ACK 1 ack 501
        """);

    [Fact]
    public void Data_completes_a_handshake_whose_last_segment_was_lost() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < PSH+ACK 1..1001 ack 1
              > ACK 1 ack 1001
              state Established
              read 1000
        """);

    [Fact]
    public void Fin_with_the_last_segment_of_the_handshake_closes_the_input() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < FIN+ACK 1..11 ack 1
              > ACK 1 ack 12
              state CloseWait
              read 10
              inputended
        """);

    [Fact]
    public void Data_in_a_syn_is_left_for_its_sender_to_retransmit() => new TcpScript().Run("""
        0     listen
              < SYN 0..500 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < ACK 1..501 ack 1
              read 500
        0.14  > ACK 1 ack 501
        """);

    [Theory]
    [InlineData("ACK 5 ack 7", "RST 7")]
    [InlineData("SYN+ACK 5 ack 7", "RST 7")]
    [InlineData("FIN+ACK 5 ack 7", "RST 7")]
    [InlineData("RST 5", "")]
    [InlineData("RST+ACK 5 ack 7", "")]
    [InlineData("SYN+RST 5", "")]
    [InlineData("- 5", "")]
    public void Listener_answers_only_a_syn_with_an_offer(string segment, string answer)
    {
        var expected = answer.Length > 0 ? $"> {answer}" : "quiet";
        new TcpScript().Run($"""
            0     listen
                  < {segment}
                  {expected}
                  connections 0
            """);
    }

    [Theory]
    [InlineData("SYN 5", "RST+ACK 0 ack 6")]
    [InlineData("SYN 5..15", "RST+ACK 0 ack 16")]
    [InlineData("FIN 5..15", "RST+ACK 0 ack 16")]
    [InlineData("ACK 5 ack 7", "RST 7")]
    [InlineData("SYN+ACK 5 ack 7", "RST 7")]
    [InlineData("RST 5", "")]
    [InlineData("RST+ACK 5 ack 7", "")]
    public void Closed_port_answers_with_reset(string segment, string answer)
    {
        var expected = answer.Length > 0 ? $"> {answer}" : "quiet";
        new TcpScript().Run($"""
            0     < {segment}
                  {expected}
                  connections 0
            """);
    }

    [Fact]
    public void Listener_that_closes_resets_half_open_connections() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   unlisten
              > RST+ACK 1 ack 1
              connections 0
        0.2   < ACK 1 ack 1
              > RST 1
        """);

    [Theory]
    [InlineData("mss 500", 500)]
    [InlineData("mss 1400", 1000)]
    [InlineData("", 536)]
    [InlineData("mss 1", 48)]
    [InlineData("mss 0", 536)]
    public void Segments_are_as_long_as_both_sides_allow(string options, int size) => TcpScript.Accepted(options).Run($"""
              write {size * 3}
              > ACK 1..{1 + size} ack 1
              > ACK {1 + size}..{1 + (2 * size)} ack 1
              > PSH+ACK {1 + (2 * size)}..{1 + (3 * size)} ack 1
        """);

    [Fact]
    public void Window_of_the_last_segment_of_the_handshake_counts() => TcpScript.Accepted("mss 1000 win 1000", "win 500").Run("""
              write 1000
              > ACK 1..501 ack 1
        """);

    [Fact]
    public void Window_of_a_syn_is_not_scaled_and_later_ones_are() =>
        new TcpScript().Run("""
            0     connect
                  > SYN 0
            0.1   < SYN+ACK 0 ack 1 mss 1000 wscale 4 win 500
                  > ACK 1 ack 1
                  write 2000
                  > ACK 1..501 ack 1
            0.2   < ACK 1 ack 501 win 1600
                  > ACK 501..1501 ack 1
                  > ACK 1501..2001 ack 1
            """);

    [Fact]
    public void Without_the_peers_window_scale_ours_is_not_used() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1 wscale -1
        0.1   < ACK 1..1001 ack 1
              > ACK 1 ack 1001 win 64535
        """);

    [Fact]
    public void Window_scaling_that_is_off_is_neither_offered_nor_taken_by_who_opens() =>
        new TcpScript(o => o with { WindowScaling = false }).Run("""
            0     connect
                  > SYN 0 wscale -1
            0.1   < SYN+ACK 0 ack 1 mss 1000 wscale 4 win 500
                  > ACK 1 ack 1 win 65535
                  write 2000
                  > ACK 1..501 ack 1
            0.2   < ACK 1 ack 501 win 9600 // 600 in the field
                  > ACK 501..1101 ack 1
            """);

    [Fact]
    public void Window_scaling_that_is_off_is_neither_offered_nor_taken_by_who_is_asked() =>
        new TcpScript(o => o with { WindowScaling = false }).Run("""
            0     listen
                  < SYN 0 mss 1000 wscale 4 win 500
                  > SYN+ACK 0 ack 1 wscale -1
            0.1   < ACK 1 ack 1 win 8000 // 500 in the field
                  write 2000
                  > ACK 1..501 ack 1
            """);

    [Fact]
    public void Window_that_fits_its_field_still_has_the_peers_scaled() =>
        new TcpScript(o => o with { Socket = o.Socket with { MaxReceiveBuffer = 65535 } }).Run("""
            0     listen
                  < SYN 0 mss 1000 wscale 1
                  > SYN+ACK 0 ack 1 wscale 0
            0.1   < ACK 1 ack 1 win 1000 // 500 in the field
                  write 2000
                  > ACK 1..1001 ack 1
            """);

    [Fact]
    public void Data_written_before_the_connection_is_established_follows_the_handshake() => new TcpScript().Run("""
        0     connect
              > SYN 0
              write 1500
        0.1   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..1501 ack 1
        """);

    [Fact]
    public void Closing_in_syn_sent_says_nothing() => new TcpScript().Run("""
        0     connect
              > SYN 0
              close
              connections 0
        0.1   < SYN+ACK 0 ack 1 mss 1000
              > RST 1
        """);
}
