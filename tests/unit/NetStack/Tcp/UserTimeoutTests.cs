namespace Onetun.NetStack.Tests;

/// <summary>How long a silent peer is waited for: RFC 9293 §3.8.3, RFC 5482.</summary>
public sealed class UserTimeoutTests
{
    private static TcpOptions TenSeconds(TcpOptions options) => options with { Socket = options.Socket with { UserTimeout = TimeSpan.FromSeconds(10) } };

    [Fact]
    public void Unacknowledged_data_ends_the_connection() => TcpScript.Accepted(configure: TenSeconds).Run("""
        0.2   write 500
              > PSH+ACK 1..501 ack 1
        0.5   > PSH+ACK 1..501 ack 1
        1.1   > PSH+ACK 1..501 ack 1
        2.3   > PSH+ACK 1..501 ack 1
        4.7   > PSH+ACK 1..501 ack 1
        9.5   > PSH+ACK 1..501 ack 1
        10.2  > RST+ACK 501 ack 1
              ended TimedOut
              connections 0
        """);

    [Fact]
    public void Each_acknowledgment_of_new_data_restarts_it() => TcpScript.Accepted("mss 500", configure: TenSeconds).Run("""
        0.2   write 1000
              > ACK 1..501 ack 1
              > PSH+ACK 501..1001 ack 1
        0.5   > ACK 1..501 ack 1
        1.1   > ACK 1..501 ack 1
        2.3   > ACK 1..501 ack 1
        4.7   > ACK 1..501 ack 1
        9.5   > ACK 1..501 ack 1
        9.6   < ACK 1 ack 501
              > PSH+ACK 501..1001 ack 1
        10.4  state Established
        19.2  > PSH+ACK 501..1001 ack 1
        19.6  > RST+ACK 1001 ack 1
              ended TimedOut
        """);

    [Fact]
    public void Unanswered_window_probes_end_the_connection() => Shut().Run("""
        4.8   > ACK 1000 ack 1
        9.6   > ACK 1000 ack 1
        10.3  > RST+ACK 1001 ack 1
              ended TimedOut
        """);

    // RFC 9293 §3.8.6.1: as long as the peer answers, the connection stays
    [Fact]
    public void Answered_window_probes_do_not() => Shut().Run("""
        4.8   > ACK 1000 ack 1
              < ACK 1 ack 1001 win 0
        9.6   > ACK 1000 ack 1
              < ACK 1 ack 1001 win 0
        19.2  > ACK 1000 ack 1
              < ACK 1 ack 1001 win 0
              state Established
        """);

    [Fact]
    public void Unanswered_handshake_ends_the_connection() => new TcpScript(TenSeconds).Run("""
        0     connect
              > SYN 0
        1     > SYN 0
        3     > SYN 0
        7     > SYN 0
        10    ended TimedOut
              connections 0
        """);

    private static TcpScript Shut() => TcpScript.Accepted(ackOptions: "win 1000", configure: TenSeconds).Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 0
        0.6   > ACK 1000 ack 1
        1.2   > ACK 1000 ack 1
        2.4   > ACK 1000 ack 1
        """);
}
