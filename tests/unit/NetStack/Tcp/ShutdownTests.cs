namespace Onetun.NetStack.Tests;

/// <summary>One direction shut, or both, and then the application goes: what was written arrives all the same.</summary>
public sealed class ShutdownTests
{
    [Fact]
    public void Sending_goes_on_when_nothing_more_is_read() => TcpScript.Accepted().Run("""
        0.2   ignore
              write 1000
              > PSH+ACK 1..1001 ack 1
        0.3   < ACK 1..1001 ack 1001
              > ACK 1001 ack 1001
              readable 0
              write 1000
              > PSH+ACK 1001..2001 ack 1001
              state Established
        """);

    [Fact]
    public void Data_is_acknowledged_after_both_directions_were_shut() => TcpScript.Accepted().Run("""
        0.2   ignore
              close
              > FIN+ACK 1 ack 1
        0.3   < ACK 1..1001 ack 2
              > ACK 2 ack 1001
              readable 0
              state FinWait2
        0.4   < FIN+ACK 1001..2001 ack 2
              > ACK 2 ack 2002
              readable 0
              state TimeWait
        """);

    [Fact]
    public void Dispose_adds_nothing_to_both_directions_shut() => TcpScript.Accepted().Run("""
        0.2   ignore
              close
              > FIN+ACK 1 ack 1
        0.3   < FIN+ACK 1 ack 2
              > ACK 2 ack 2
              dispose
              quiet
              state TimeWait
        """);

    [Fact]
    public void What_was_written_survives_shutting_and_disposing() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              ignore
              close
              dispose
        0.3   < ACK 1 ack 1001 win 1000
              > ACK 1001..2001 ack 1
        0.4   < ACK 1 ack 2001 win 1000
              > FIN+PSH+ACK 2001..3001 ack 1
        0.5   < ACK 1 ack 3002
              state FinWait2
        """);

    [Fact]
    public void Fin_waits_behind_the_congestion_window() => TcpScript.Accepted().Run("""
        0.2   write 10500
              >> 1..10001
              close
        0.3   < ACK 1 ack 1001
              > FIN+PSH+ACK 10001..10501 ack 1
              state FinWait1
        """);
}
