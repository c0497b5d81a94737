namespace Onetun.NetStack.Tests;

/// <summary>What we report of what came: RFC 2018 §4, RFC 2883 §4.</summary>
public sealed class SackGenerationTests
{
    private static TcpScript Established() => TcpScript.Accepted("mss 1000 sackok");

    [Fact]
    public void Newest_block_comes_first_and_four_fit() => Established().Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              < ACK 301..401 ack 1
              > ACK 1 ack 1 sack 301..401 101..201
              < ACK 501..601 ack 1
              > ACK 1 ack 1 sack 501..601 301..401 101..201
              < ACK 701..801 ack 1
              > ACK 1 ack 1 sack 701..801 501..601 301..401 101..201
              < ACK 901..1001 ack 1
              > ACK 1 ack 1 sack 901..1001 701..801 501..601 301..401
        """);

    [Fact]
    public void Three_fit_behind_timestamps() => TcpScript.Accepted(
        "mss 1000 sackok ts 1", "ts 1 ecr 1", o => o with { Timestamps = true }).Run("""
        0.2   < ACK 101..201 ack 1 ts 2 ecr 1
              > ACK 1 ack 1 sack 101..201
              < ACK 301..401 ack 1 ts 2 ecr 1
              > ACK 1 ack 1 sack 301..401 101..201
              < ACK 501..601 ack 1 ts 2 ecr 1
              > ACK 1 ack 1 sack 501..601 301..401 101..201
              < ACK 701..801 ack 1 ts 2 ecr 1
              > ACK 1 ack 1 sack 701..801 501..601 301..401
        """);

    [Fact]
    public void Blocks_that_touch_become_one() => Established().Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              < ACK 301..401 ack 1
              > ACK 1 ack 1 sack 301..401 101..201
              < ACK 201..301 ack 1
              > ACK 1 ack 1 sack 101..401
        """);

    [Fact]
    public void Older_block_that_grows_is_the_newest() => Established().Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              < ACK 501..601 ack 1
              > ACK 1 ack 1 sack 501..601 101..201
              < ACK 201..301 ack 1
              > ACK 1 ack 1 sack 101..301 501..601
        """);

    [Fact]
    public void Filled_gap_takes_its_block_away() => Established().Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              < ACK 301..401 ack 1
              > ACK 1 ack 1 sack 301..401 101..201
              < ACK 1..101 ack 1
              > ACK 1 ack 201 sack 301..401
              < ACK 201..301 ack 1
              > ACK 1 ack 401 nosack
        """);

    [Fact]
    public void Duplicate_below_the_acknowledgment_is_reported_once() => Established().Run("""
        0.2   < ACK 1..1001 ack 1
              > ACK 1 ack 1001
              < ACK 1..1001 ack 1
              > ACK 1 ack 1001 sack 1..1001
              < ACK 1001..2001 ack 1
              > ACK 1 ack 2001 nosack
        """);

    [Fact]
    public void Duplicate_beyond_the_acknowledgment_is_reported_before_the_block_that_holds_it() => Established().Run("""
        0.2   < ACK 1001..2001 ack 1
              > ACK 1 ack 1 sack 1001..2001
              < ACK 2001..3001 ack 1
              > ACK 1 ack 1 sack 1001..3001
              < ACK 1001..2001 ack 1
              > ACK 1 ack 1 sack 1001..2001 1001..3001
        """);

    [Fact]
    public void Duplicate_part_of_a_segment_is_reported() => Established().Run("""
        0.2   < ACK 1..501 ack 1
              < ACK 1..1001 ack 1
              > ACK 1 ack 1001 sack 1..501
        """);

    [Fact]
    public void Nothing_is_sacked_for_a_peer_that_did_not_offer_it() => TcpScript.Accepted("mss 1000").Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 nosack
              < ACK 101..201 ack 1
              > ACK 1 ack 1 nosack
        """);

    [Fact]
    public void Data_carries_the_report_and_stays_within_the_segment_size() => Established().Run("""
        0.2   < ACK 101..201 ack 1
              > ACK 1 ack 1 sack 101..201
              write 1500
              > ACK 1..989 ack 1 sack 101..201
              > PSH+ACK 989..1501 ack 1 sack 101..201
        """);

    [Fact]
    public void Ranges_beyond_the_limit_are_left_for_the_sender_to_retransmit()
    {
        var script = Established();
        for (var i = 1; i <= RangeSet.MaxRanges; i++)
        {
            script.Run($"< ACK {1 + (2 * i)}..{2 + (2 * i)} ack 1\n> ACK 1 ack 1");
        }

        var newest = 1 + (2 * RangeSet.MaxRanges);
        script.Run($"""
            < ACK {newest + 2}..{newest + 3} ack 1
            > ACK 1 ack 1 sack {newest}..{newest + 1} {newest - 2}..{newest - 1} {newest - 4}..{newest - 3} {newest - 6}..{newest - 5}
            < ACK 1..4 ack 1
            > ACK 1 ack 4
            """);
    }
}
