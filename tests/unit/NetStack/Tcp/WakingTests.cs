namespace Onetun.NetStack.Tests;

/// <summary>What the application is told, and when: what a waiting accept, connect, read or write goes on with.</summary>
public sealed class WakingTests
{
    [Fact]
    public void Accept_waits_for_the_last_segment_of_the_handshake()
    {
        var script = new TcpScript().Run("""
            0     listen
                  < SYN 0 mss 1000
                  > SYN+ACK 0 ack 1
                  told None
            """);
        Assert.Throws<InvalidOperationException>(() => script.Connection);
        script.Run("""
            0.1   < ACK 1 ack 1
                  told Connected,Writable
                  state Established
            """);
    }

    [Fact]
    public void Connect_waits_for_the_syn_ack() => new TcpScript().Run("""
        0     connect
              > SYN 0
              told None
        0.1   < SYN+ACK 0 ack 1 mss 1000
              > ACK 1 ack 1
              told Connected,Writable
        """);

    [Fact]
    public void Read_waits_for_the_first_data() => TcpScript.Accepted("mss 1000 sackok").Run("""
              told Connected,Writable
        0.2   < ACK 1 ack 1
              told None
        0.3   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              told None
        0.4   < ACK 1..101 ack 1
              > ACK 1 ack 201 nosack
              told Readable
        """);

    [Fact]
    public void Read_waits_for_the_end() => TcpScript.Accepted().Run("""
              told Connected,Writable
        0.2   < FIN+ACK 1 ack 1
              > ACK 1 ack 2
              told Readable
        """);

    // The buffer holds twice the congestion window, and a quarter of it is worth waking for
    [Fact]
    public void Write_waits_at_a_full_buffer_until_a_worthwhile_piece_is_acknowledged() => Full().Run("""
        0.3   < ACK 1 ack 1001
              >> 10001..12001
              told None
        0.31  < ACK 1 ack 3001
              >> 12001..16001
              told Writable
              room
        """);

    [Fact]
    public void Writer_is_told_once_for_each_time_it_waited() => Full().Run("""
        0.3   < ACK 1 ack 5001
              >> 10001..20001
              told Writable
        0.31  < ACK 1 ack 9001
              told None
              write 40000
              >> 20001..28001
              full
              told None
        0.32  < ACK 1 ack 20001
              >> 28001..50001
              told Writable
        """);

    [Fact]
    public void Room_grows_with_the_window() => Full().Run("""
        0.3   < ACK 1 ack 10001
              >> 10001..20001
              window 20000
              write 29000
              >> 20001..30001
              room
              write 1000
              full
        """);

    [Fact]
    public void Reader_and_writer_in_syn_sent_are_told_of_a_reset() => new TcpScript().Run("""
        0     connect
              > SYN 0
              write 1000
              told None
        0.1   < RST+ACK 0 ack 1
              told Ended
              ended Refused
        """);

    private static TcpScript Full() => TcpScript.Accepted(configure: o => o with { InitialSendBuffer = 20_000 }).Run("""
              told Connected,Writable
        0.2   write 20000
              >> 1..10001
              full
        """);
}
