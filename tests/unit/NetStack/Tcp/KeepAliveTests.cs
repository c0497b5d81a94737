namespace Onetun.NetStack.Tests;

/// <summary>Probes of an idle peer: RFC 9293 §3.8.4.</summary>
public sealed class KeepAliveTests
{
    private static TcpScript Minute() => Idle(TimeSpan.FromMinutes(1));

    private static TcpScript Idle(TimeSpan keepAlive) =>
        TcpScript.Accepted(configure: o => o with { Socket = new() { KeepAlive = keepAlive } });

    private static TcpScript Default() =>
        TcpScript.Accepted(configure: o => o with { Socket = new() });

    [Fact]
    public void Idle_peer_is_probed_with_an_old_sequence_number_and_its_answer_counts() => Minute().Run("""
        60.1   > ACK 0 ack 1
        60.2   < ACK 1 ack 1
        120.2  > ACK 0 ack 1
               < ACK 1 ack 1
        150    < ACK 1..101 ack 1
        150.04 > ACK 1 ack 101
        210    > ACK 0 ack 101
        """);

    [Fact]
    public void Nine_probes_without_answer_are_the_end()
    {
        var script = Minute();
        for (var i = 0; i < 9; i++)
        {
            script.Run(FormattableString.Invariant($"{60.1 + (i * 75):F1} > ACK 0 ack 1"));
        }

        script.Run("""
            735.1  > RST+ACK 1 ack 1
                   ended TimedOut
                   connections 0
            """);
    }

    [Fact]
    public void Half_closed_connection_is_probed() => Minute().Run("""
        0.2   close
              > FIN+ACK 1 ack 1
        0.3   < ACK 1 ack 2
              state FinWait2
        60.3  > ACK 1 ack 1
        """);

    [Fact]
    public void Data_in_flight_needs_no_probe() => Idle(TimeSpan.FromSeconds(1)).Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.5   > PSH+ACK 1..1001 ack 1
        1.1   > PSH+ACK 1..1001 ack 1
        2.3   > PSH+ACK 1..1001 ack 1
        4     quiet
        """);

    [Fact]
    public void By_default_two_hours_pass() => Default().Run("""
        7200   quiet
        7200.1 > ACK 0 ack 1
        """);

    [Fact]
    public void By_default_a_peer_that_has_ended_is_probed_after_a_minute() => Default().Run("""
        0.2    < FIN+ACK 1 ack 1
               > ACK 1 ack 2
        60.2   > ACK 0 ack 2
               < RST 2
               ended Reset
        """);

    [Fact]
    public void What_a_peer_sent_before_its_end_is_read_though_it_resets_later() => Default().Run("""
        0.2    < FIN+ACK 1..501 ack 1
               > ACK 1 ack 502
        60.2   > ACK 0 ack 502
               < RST 502
               ended Reset
               readable 500
               read 500
               inputended
        """);

    [Fact]
    public void By_default_a_peer_that_acknowledged_our_end_is_probed_after_a_minute() => Default().Run("""
        0.2    close
               > FIN+ACK 1 ack 1
        0.3    < ACK 1 ack 2
        60.3   > ACK 1 ack 1
        60.4   < ACK 1 ack 2
        120.4  > ACK 1 ack 1
               < RST 1
               ended Reset
        """);

    [Fact]
    public void Zero_is_never() => Idle(TimeSpan.Zero).Run("""
        1000000 quiet
        +0.1    < FIN+ACK 1 ack 1
                > ACK 1 ack 2
        2000000 quiet
        """);
}
