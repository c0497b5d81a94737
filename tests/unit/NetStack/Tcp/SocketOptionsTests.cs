namespace Onetun.NetStack.Tests;

/// <summary>What one connection may have otherwise than the others of its stack.</summary>
public sealed class SocketOptionsTests
{
    [Fact]
    public void Small_segments_wait_once_Nagles_rule_is_turned_on_and_leave_once_it_is_turned_off() => TcpScript.Accepted()
        .Run("""
            0.2   write 100
                  > PSH+ACK 1..101 ack 1
                  write 100
                  > PSH+ACK 101..201 ack 1
            """)
        .Then(o => o with { Nagle = true }, """
                  write 100
                  quiet
            """)
        .Then(o => o with { Nagle = false }, """
                  > PSH+ACK 201..301 ack 1
            """);

    [Fact]
    public void Idle_peer_is_probed_from_when_it_was_last_heard_from() => TcpScript.Accepted()
        .Run("20      quiet")
        .Then(o => o with { KeepAlive = TimeSpan.FromMinutes(1) }, "60.1    > ACK 0 ack 1");

    [Fact]
    public void Peer_that_was_idle_too_long_already_is_probed_at_once() => TcpScript.Accepted()
        .Run("100     quiet")
        .Then(o => o with { KeepAlive = TimeSpan.FromMinutes(1) }, "100     > ACK 0 ack 1");

    [Fact]
    public void Idle_peer_is_left_alone_once_keepalives_are_turned_off() =>
        TcpScript.Accepted(configure: o => o with { Socket = new() { KeepAlive = TimeSpan.FromMinutes(1) } })
            .Then(o => o with { KeepAlive = TimeSpan.Zero }, "7200    quiet");

    [Fact]
    public void Data_that_waits_already_ends_the_connection_when_it_has_waited_as_long_as_it_may_now() =>
        TcpScript.Accepted().Run("""
            0.2   write 500
                  > PSH+ACK 1..501 ack 1
            0.5   > PSH+ACK 1..501 ack 1
            1.1   > PSH+ACK 1..501 ack 1
            """)
        .Then(o => o with { UserTimeout = TimeSpan.FromSeconds(2) }, """
            2.2   > RST+ACK 501 ack 1
                  ended TimedOut
            """);

    [Fact]
    public void User_timeout_of_a_connection_on_which_nothing_waits_ends_nothing() => TcpScript.Accepted()
        .Then(o => o with { UserTimeout = TimeSpan.FromSeconds(2) }, """
            10    state Established
            """);

    [Fact]
    public void Window_is_not_taken_back_and_opens_no_further_than_it_may_now() =>
        TcpScript.Accepted(configure: o => o with { InitialReceiveBuffer = 4096 })
            .Then(o => o with { MaxReceiveBuffer = 2048 }, """
            0.2   < ACK 1..1001 ack 1
                  > ACK 1 ack 1001 win 3096
                  read 1000
            0.3   < ACK 1001..2001 ack 1
                  > ACK 1 ack 2001 win 2096
                  < ACK 2001..3001 ack 1
                  > ACK 1 ack 3001 win 1096
                  < ACK 3001..4001 ack 1
                  > ACK 1 ack 4001 win 96
                  read 3000
                  > ACK 1 ack 4001 win 2048
            """);

    [Fact]
    public void Window_that_is_allowed_to_grow_again_is_told_of_at_once() =>
        TcpScript.Accepted("mss 1000 wscale 7", configure: o => o with { InitialReceiveBuffer = 4096 })
            .Then(o => o with { MaxReceiveBuffer = 536 }, """
            0.2   < ACK 1..1001 ack 1
                  > ACK 1 ack 1001
                  < ACK 1001..2001 ack 1
                  > ACK 1 ack 2001
                  < ACK 2001..3001 ack 1
                  > ACK 1 ack 3001
                  < ACK 3001..4001 ack 1
                  > ACK 1 ack 4001
                  read 4000
                  > ACK 1 ack 4001 win 512
            """)
            .Then(o => o with { MaxReceiveBuffer = 1_000_000 }, """
                  > ACK 1 ack 4001 win 4096
            """);

    [Fact]
    public void Writer_waits_for_less_than_the_rest_of_its_stack_does() => TcpScript.Accepted()
        .Run("""
            0.2   write 5000
                  > ACK 1..1001 ack 1
                  > ACK 1001..2001 ack 1
                  > ACK 2001..3001 ack 1
                  > ACK 3001..4001 ack 1
                  > PSH+ACK 4001..5001 ack 1
                  room
            """)
        .Then(o => o with { MaxSendBuffer = 5000 }, """
                  full
            0.3   < ACK 1 ack 5001
                  room
            """);

    [Fact]
    public void Handshake_is_given_up_when_the_stack_says() =>
        new TcpScript(o => o with { HandshakeTimeout = TimeSpan.FromSeconds(180) }).Run("""
            0     connect
                  > SYN 0
            1     > SYN 0
            3     > SYN 0
            7     > SYN 0
            15    > SYN 0
            31    > SYN 0
            63    > SYN 0
            123   > SYN 0
            179   state SynSent
            180   ended TimedOut
            """);

    [Fact]
    public void Timeouts_may_be_for_ever()
    {
        TcpScript.Accepted(configure: o => o with
        {
            Socket = new() { KeepAlive = TimeSpan.MaxValue, UserTimeout = TimeSpan.MaxValue },
            HandshakeTimeout = TimeSpan.MaxValue,
        })
        .Then(o => o with { KeepAlive = TimeSpan.MaxValue, UserTimeout = TimeSpan.MaxValue }, """
            0.2   write 500
                  > PSH+ACK 1..501 ack 1
            0.3   < ACK 1 ack 501
            7200  state Established
            """);
    }
}
