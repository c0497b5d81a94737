using static Onetun.NetStack.Tests.RetransmissionTests;

namespace Onetun.NetStack.Tests;

/// <summary>Fast retransmit, and the recovery that follows it without SACK: RFC 5681 §3.2, RFC 6582.</summary>
public sealed class FastRetransmitTests
{
    // The impatient variant of RFC 6582 §3.2, step 3
    [Fact]
    public void Only_the_first_partial_acknowledgment_restarts_the_timer() => TcpScript.Accepted().Run("""
        0.2   write 10000
              >> 1..10001
        0.3   < ACK 1 ack 1
              < ACK 1 ack 1
              < ACK 1 ack 1
              > ACK 1..1001 ack 1
        0.4   < ACK 1 ack 1001
              > ACK 1001..2001 ack 1
        0.5   < ACK 1 ack 2001
              > ACK 2001..3001 ack 1
        0.6   < ACK 1 ack 3001
              > ACK 3001..4001 ack 1
        0.7   > ACK 3001..4001 ack 1
              window 1000
        """);

    [Fact]
    public void Third_duplicate_acknowledgment_retransmits_the_head() => TcpScript.Accepted().Run("""
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
    public void Partial_acknowledgment_in_recovery_retransmits_the_next_gap() => TcpScript.Accepted().Run("""
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

    // The first two of ten are lost, and eight duplicate ACKs come: they release new data as the reduction of the window allows
    [Fact]
    public void Partial_acknowledgment_and_duplicate_acks_keep_recovery_going() => Ten(write: 20_000).Run("""
        0.3   < ACK 1 ack 1
              >> 10001..11001
              < ACK 1 ack 1
              >> 11001..12001
              < ACK 1 ack 1
              >> 1..1001
              < ACK 1 ack 1
              < ACK 1 ack 1
              < ACK 1 ack 1
              >> 12001..13001
              < ACK 1 ack 1
              >> 13001..14001
              < ACK 1 ack 1
              >> 14001..15001
        0.4   < ACK 1 ack 1001
              >> 1001..2001
              >> 15001..16001
        """);

    // RFC 6582 §3.2 step 1
    [Fact]
    public void Duplicate_acks_at_the_end_of_recovery_retransmit_nothing() => Ten().Run("""
        0.3   < ACK 1 ack 1
              < ACK 1 ack 1
              < ACK 1 ack 1
              >> 1..1001
        0.4   write 5000
              < ACK 1 ack 10001
              >> 10001..15001
        0.41  < ACK 1 ack 10001
              < ACK 1 ack 10001
              < ACK 1 ack 10001
        0.5   < ACK 1 ack 15001
        10    quiet
        """);

    [Theory]
    [InlineData("< ACK 1 ack 1 win 60000")]      // A window update
    [InlineData("< ACK 1..11 ack 1")]            // Data
    [InlineData("< ACK 0 ack 1")]                // Out of the window
    public void What_only_looks_like_a_duplicate_ack_is_none(string segment)
    {
        var script = TcpScript.Accepted().Run("""
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
}
