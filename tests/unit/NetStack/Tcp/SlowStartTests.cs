namespace Onetun.NetStack.Tests;

/// <summary>The first flights: RFC 6928, RFC 5681 §3.1, RFC 3465, RFC 7661.</summary>
public sealed class SlowStartTests
{
    [Fact]
    public void First_flight_is_ten_segments() => TcpScript.Accepted().Run("""
        0.2   write 20000
              >> 1..10001
              window 10000
        """);

    [Fact]
    public void Response_shorter_than_the_initial_window_is_sent_at_once() => TcpScript.Accepted().Run("""
        0.2   write 3500
              >> 1..3501
        """);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(10)]
    public void Window_doubles_in_a_round_trip_however_acknowledgments_come(int segments)
    {
        var script = TcpScript.Accepted("mss 1000 sackok").Run("""
            0.2   write 60000
                  >> 1..10001
            """);
        var sent = 10001;
        for (var acknowledged = 1; acknowledged < 10001;)
        {
            var count = Math.Min(1000 * segments, 10001 - acknowledged);
            acknowledged += count;
            script.Run($"""
                {(sent == 10001 ? "0.3" : "")} < ACK 1 ack {acknowledged}
                >> {sent}..{sent + (2 * count)}
                """);
            sent += 2 * count;
        }

        script.Run("window 20000");
    }

    // Every second segment is acknowledged, and the most that was in flight in the round trip is what counts as used
    [Theory]
    [InlineData(4, 10000)]
    [InlineData(5, 12000)]
    [InlineData(6, 14000)]
    [InlineData(9, 19000)]
    public void Window_grows_only_when_half_of_it_was_used(int segments, int window)
    {
        var script = TcpScript.Accepted("mss 1000 sackok").Run($"""
            0.2   write {segments * 1000}
                  >> 1..{1 + (segments * 1000)}
            0.3   quiet
            """);
        for (var acknowledged = 2; acknowledged <= segments + 1; acknowledged += 2)
        {
            script.Run($"< ACK 1 ack {1 + (Math.Min(acknowledged, segments) * 1000)}");
        }

        script.Run($"window {window}");
    }

    // One may be a path slower than the first timeout (RFC 6928 §2)
    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(2, 1000)]
    public void Initial_window_is_one_segment_where_several_syns_were_lost(int retries, long window)
    {
        var script = new TcpScript().Run("""
            0     listen
                  < SYN 0 mss 1000
                  > SYN+ACK 0 ack 1
            1     > SYN+ACK 0 ack 1
            """);
        if (retries > 1)
        {
            script.Run("3 > SYN+ACK 0 ack 1");
        }

        script.Run($"""
            +0.1  < ACK 1 ack 1
                  window {window}
            """);
    }

    [Fact]
    public void Timeout_after_a_partial_acknowledgment_retransmits_the_head() => TcpScript.Accepted().Run("""
        0.2   write 10000
              >> 1..10001
        0.3   < ACK 1 ack 4001
        0.6   > ACK 4001..5001 ack 1
        1.2   > ACK 4001..5001 ack 1
        2.4   > ACK 4001..5001 ack 1
        """);

    [Fact]
    public void Window_that_opens_is_filled_after_three_probes() => TcpScript.Accepted(ackOptions: "win 1000").Run("""
        0.2   write 30000
              > ACK 1..1001 ack 1
        0.3   < ACK 1 ack 1001 win 0
        0.6   > ACK 1000 ack 1
              < ACK 1 ack 1001 win 0
        1.2   > ACK 1000 ack 1
              < ACK 1 ack 1001 win 0
        2.4   > ACK 1000 ack 1
              < ACK 1 ack 1001 win 60000
              >> 1001..11001
        """);
}
