namespace Onetun.NetStack.Tests;

/// <summary>The retransmission timer: RFC 6298. The peers here offer no SACK, so that no probe comes before it.</summary>
public sealed class RetransmissionTests
{
    [Fact]
    public void Head_is_sent_again_after_a_timeout_that_doubles() => TcpScript.Accepted().Run("""
        0.2   write 2000
              > ACK 1..1001 ack 1
              > PSH+ACK 1001..2001 ack 1
        0.5   > ACK 1..1001 ack 1
        1.1   > ACK 1..1001 ack 1
        2.3   > ACK 1..1001 ack 1
        4.7   > ACK 1..1001 ack 1
        5     < ACK 1 ack 2001
        100   quiet
        """);

    [Fact]
    public void Timeout_is_never_below_200_ms() => new TcpScript().Run("""
        0      listen
               < SYN 0 mss 1000
               > SYN+ACK 0 ack 1
        0.001  < ACK 1 ack 1
        1      write 1000
               > PSH+ACK 1..1001 ack 1
        1.2    > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void Before_a_sample_the_timeout_is_a_second() => new TcpScript().Run("""
        0     listen
              < SYN 0 mss 1000
              > SYN+ACK 0 ack 1
        1     > SYN+ACK 0 ack 1
        1.1   < ACK 1 ack 1
              write 1000
              > PSH+ACK 1..1001 ack 1
              state Established
        3.1   > PSH+ACK 1..1001 ack 1
        """);

    [Fact]
    public void Each_acknowledgment_of_new_data_starts_the_timer_anew() => TcpScript.Accepted().Run("""
        0.2   write 3000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > PSH+ACK 2001..3001 ack 1
        0.3   < ACK 1 ack 1001
        0.4   < ACK 1 ack 2001
        0.69  quiet
        """);

    [Fact]
    public void What_was_sent_twice_gives_no_sample() => TcpScript.Accepted().Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.5   > PSH+ACK 1..1001 ack 1
        0.9   < ACK 1 ack 1001
              write 1000
              > PSH+ACK 1001..2001 ack 1
        1.2   > PSH+ACK 1001..2001 ack 1
        """);

    [Fact]
    public void After_a_timeout_acknowledgments_bring_the_rest_in_slow_start() => TcpScript.Accepted().Run("""
        0.2   write 5000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
              > ACK 3001..4001 ack 1
              > PSH+ACK 4001..5001 ack 1
        0.5   > ACK 1..1001 ack 1
        0.6   < ACK 1 ack 1001
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
        0.7   < ACK 1 ack 3001
              > ACK 3001..4001 ack 1
              > PSH+ACK 4001..5001 ack 1
        0.8   < ACK 1 ack 5001
        10    quiet
        """);

    [Fact]
    public void Partial_acknowledgment_of_a_segment_leaves_its_rest() => TcpScript.Accepted().Run("""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.3   < ACK 1 ack 401
        0.6   > PSH+ACK 401..1001 ack 1
        """);

    [Fact]
    public void Third_duplicate_acknowledgment_brings_the_head_again() => TcpScript.Accepted().Run("""
        0.2   write 5000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
              > ACK 3001..4001 ack 1
              > PSH+ACK 4001..5001 ack 1
        0.3   < ACK 1 ack 1
              < ACK 1 ack 1
              < ACK 1 ack 1
              > ACK 1..1001 ack 1
        0.4   < ACK 1 ack 5001
        10    quiet
        """);

    [Fact]
    public void Partial_acknowledgment_in_recovery_brings_the_next_hole() => TcpScript.Accepted().Run("""
        0.2   write 6000
              > ACK 1..1001 ack 1
              > ACK 1001..2001 ack 1
              > ACK 2001..3001 ack 1
              > ACK 3001..4001 ack 1
              > ACK 4001..5001 ack 1
              > PSH+ACK 5001..6001 ack 1
        0.3   < ACK 1 ack 1
              < ACK 1 ack 1
              < ACK 1 ack 1
              > ACK 1..1001 ack 1
        0.4   < ACK 1 ack 3001
              > ACK 3001..4001 ack 1
        0.5   < ACK 1 ack 6001
        10    quiet
        """);

    [Theory]
    [InlineData("< ACK 1 ack 1 win 60000")]      // a window update
    [InlineData("< ACK 1..11 ack 1")]            // data
    [InlineData("< ACK 0 ack 1")]                // out of the window
    public void What_only_looks_like_a_duplicate_is_none(string segment)
    {
        TcpScript script = TcpScript.Accepted().Run("""
            0.2   write 3000
                  > ACK 1..1001 ack 1
                  > ACK 1001..2001 ack 1
                  > PSH+ACK 2001..3001 ack 1
            0.3   < ACK 1 ack 1
                  < ACK 1 ack 1
            """);
        if (segment.Contains("ACK 0"))
        {
            script.Run($"{segment}\n> ACK 3001 ack 1");
        }
        else
        {
            script.Run(segment);
        }
    }

    [Fact]
    public void After_15_silent_timeouts_the_connection_is_reset()
    {
        TcpScript script = TcpScript.Accepted().Run("""
            0.2   write 500
                  > PSH+ACK 1..501 ack 1
            """);
        double at = 0.2;
        double interval = 0.3;
        for (int i = 0; i < 15; i++)
        {
            at += interval;
            interval = Math.Min(interval * 2, 60);
            script.Run(FormattableString.Invariant($"{at:F3} > PSH+ACK 1..501 ack 1"));
        }

        script.Run(FormattableString.Invariant($"""
            {at + interval:F3} > RST+ACK 501 ack 1
            ended TimedOut
            connections 0
            """));
    }
}
