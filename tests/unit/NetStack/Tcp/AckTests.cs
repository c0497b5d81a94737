namespace Onetun.NetStack.Tests;

/// <summary>When an acknowledgment is sent: RFC 9293 §3.8.6.3, RFC 5681 §4.2.</summary>
public sealed class AckTests
{
    [Fact]
    public void Small_segment_is_acknowledged_within_40_ms() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..101 ack 1
        0.24  > ACK 1 ack 101
        """);

    [Fact]
    public void Acknowledgment_is_piggybacked_on_data() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..101 ack 1
        0.21  write 50
              > PSH+ACK 1..51 ack 101
        0.3   < ACK 101 ack 51
              quiet
        """);

    [Fact]
    public void Two_full_segments_are_acknowledged_at_once() => TcpScript.Accepted().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
        0.3   < ACK 1001..1501 ack 1
        0.31  < ACK 1501..2501 ack 1
              > ACK 1 ack 2501
        """);

    [Fact]
    public void Full_segments_are_acknowledged_one_by_one_at_first_and_two_by_two_later()
    {
        var script = TcpScript.Accepted("mss 1000 wscale 7");
        for (var i = 0; i < 16; i++)
        {
            script.Run($"""
                +0.01  < ACK {1 + (i * 1000)}..{1001 + (i * 1000)} ack 1
                       > ACK 1 ack {1001 + (i * 1000)}
                """);
        }

        script.Run("""
            +0.01  < ACK 16001..17001 ack 1
            +0.01  < ACK 17001..18001 ack 1
                   > ACK 1 ack 18001
            +0.01  < ACK 18001..19001 ack 1
            +0.04  > ACK 1 ack 19001
            """);
    }

    [Fact]
    public void Gap_its_filling_and_duplicates_are_acknowledged_at_once() => TcpScript.Accepted("mss 1000 sackok").Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
        0.3   < ACK 1..101 ack 1
              > ACK 1 ack 201 nosack
        0.4   < ACK 1..101 ack 1
              > ACK 1 ack 201 sack 1..101
        """);

    [Fact]
    public void Pure_acks_are_not_acknowledged() => TcpScript.Accepted().Run("""
        0.2   write 100
              > PSH+ACK 1..101 ack 1
        0.3   < ACK 1 ack 101
        0.4   < ACK 1 ack 101
        1     quiet
        """);

    [Fact]
    public void Keepalive_of_the_peer_is_answered() => TcpScript.Accepted().Run("""
        10    < ACK 0 ack 1
              > ACK 1 ack 1
        20    < ACK 0..1 ack 1
              > ACK 1 ack 1
        """);

    // 600 bytes would be a full segment, and acknowledged at once, had not the one beyond the gap been larger
    [Fact]
    public void Segments_beyond_a_gap_tell_the_size_of_segments() => TcpScript.Accepted("mss 1000 sackok").Run("""
        0.2   < ACK 1001..2001 ack 1
              > ACK 1 ack 1 sack 1001..2001
              < ACK 1..601 ack 1
              > ACK 1 ack 601 sack 1001..2001
              < ACK 601..1001 ack 1
              > ACK 1 ack 2001 nosack
        0.3   < ACK 2001..2601 ack 1
        0.34  > ACK 1 ack 2601
        """);
}
