namespace Onetun.NetStack.Tests;

/// <summary>Incoming resets in every state: RFC 9293 §3.10.7, RFC 5961 §3, RFC 1337.</summary>
public sealed class ResetTests
{
    private const string Established = "";

    private const string FinWait1 = """
        0.2   close
              > FIN+ACK 1 ack 1
              state FinWait1
        """;

    private const string FinWait2 = FinWait1 + "\n" + """
        0.25  < ACK 1 ack 2
              state FinWait2
        """;

    private const string CloseWait = """
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
              state CloseWait
        """;

    private const string LastAck = CloseWait + "\n" + """
        0.25  close
              > FIN+ACK 1 ack 2
              state LastAck
        """;

    private const string Closing = FinWait1 + "\n" + """
        0.25  < FIN+ACK 1 ack 1
              > ACK 2 ack 2
              state Closing
        """;

    private const string TimeWait = FinWait2 + "\n" + """
        0.26  < FIN+ACK 1 ack 2
              > ACK 2 ack 2
              state TimeWait
        """;

    // The way there, our next number, and the peer's
    public static TheoryData<string, int, int> Synchronized => new()
    {
        { Established, 1, 1 },
        { FinWait1, 2, 1 },
        { FinWait2, 2, 1 },
        { CloseWait, 1, 2 },
        { LastAck, 2, 2 },
        { Closing, 2, 2 },
    };

    [Fact]
    public void Syn_sent_believes_a_reset_that_acknowledges_the_syn() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < RST+ACK 0 ack 1
              ended Refused
              connections 0
        """);

    [Theory]
    [InlineData("RST 0")]
    [InlineData("RST 1")]
    [InlineData("RST+ACK 0 ack 0")]
    [InlineData("RST+ACK 0 ack 2")]
    public void Syn_sent_ignores_a_reset_that_does_not_acknowledge_the_syn(string reset) => new TcpScript().Run($"""
        0     connect
              > SYN 0
        0.1   < {reset}
              state SynSent
        """);

    [Fact]
    public void Syn_received_ends_silently_on_a_reset() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.1   < RST 1
              connections 0
        100   quiet
        """);

    [Fact]
    public void Syn_received_after_simultaneous_open_ends_refused_on_a_reset() => new TcpScript().Run("""
        0     connect
              > SYN 0
        0.1   < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        0.2   < RST+ACK 1 ack 1
              ended Refused
              connections 0
        """);

    [Theory]
    [MemberData(nameof(Synchronized))]
    public void Reset_at_exactly_the_next_sequence_number_ends_the_connection(string way, int own, int peer) =>
        TcpScript.Accepted().Run(way).Run($"""
            0.3   < RST {peer}
                  state Closed
                  ended Reset
                  connections 0
            0.4   < ACK {peer} ack {own}
                  > RST {own}
            """);

    [Theory]
    [MemberData(nameof(Synchronized))]
    public void Reset_elsewhere_in_the_window_is_challenged(string way, int own, int peer) =>
        TcpScript.Accepted().Run(way).Run($"""
            0.3   < RST {peer + 100}
                  > ACK {own} ack {peer}
                  connections 1
            0.31  < RST {peer}
                  connections 0
            """);

    [Theory]
    [MemberData(nameof(Synchronized))]
    public void Reset_outside_the_window_is_ignored(string way, int own, int peer) =>
        TcpScript.Accepted().Run(way).Run($"""
            0.3   < RST {peer - 1}
                  < RST {peer + 100_000}
                  < RST+ACK {peer - 1} ack {own}
                  connections 1
            """);

    [Theory]
    [MemberData(nameof(Synchronized))]
    public void Syn_in_an_established_connection_is_challenged_whatever_its_sequence_number(string way, int own, int peer)
    {
        foreach (var number in new[] { peer, peer + 100, peer - 100, peer + 1_000_000 })
        {
            TcpScript.Accepted().Run(way).Run($"""
                0.3   < SYN {number} mss 1000
                      > ACK {own} ack {peer}
                      connections 1
                """);
        }
    }

    [Fact]
    public void Challenge_acks_are_rate_limited() => TcpScript.Accepted().Run("""
        0.2   < RST 100
              > ACK 1 ack 1
        0.3   < RST 100
        0.4   < SYN 100
        0.75  < RST 100
              > ACK 1 ack 1
        """);

    [Fact]
    public void Time_wait_is_not_assassinated() => TcpScript.Accepted().Run(TimeWait).Run("""
        0.3   < RST 2
              state TimeWait
        0.4   < RST 100
              state TimeWait
        61    connections 0
        """);

    [Fact]
    public void Time_wait_gives_way_to_a_syn_only_where_somebody_listens() => TcpScript.Connected().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
        0.4   < SYN 5000 mss 1000
              > ACK 2 ack 2
              state TimeWait
        """);

    [Fact]
    public void What_came_in_order_before_a_reset_is_still_there_to_read() => TcpScript.Accepted("mss 1000 sackok").Run("""
        0.2   < ACK 1..501 ack 1
              < ACK 701..901 ack 1
              > ACK 1 ack 501 sack 701..901
        0.3   < RST 501
              ended Reset
              readable 500
        """);

    [Fact]
    public void Reset_with_data_outstanding_ends_the_connection_and_nothing_is_retransmitted() => TcpScript.Accepted().Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
        0.25  < RST 1
              ended Reset
        100   quiet
        """);
}
