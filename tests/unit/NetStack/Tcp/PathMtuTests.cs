using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>Paths narrower than our own MTU: RFC 1191, RFC 8201, RFC 5927 §7, RFC 4821 §7.7.</summary>
public sealed class PathMtuTests
{
    // The first window is ten segments, and shrinks with them; nothing else does, for nothing was lost
    [Fact]
    public void Ten_segments_too_big_are_split_and_retransmitted() => TcpScript.Accepted("mss 1000 sackok").Run($"""
        0.2   write 12000
              >> 1..10001
        0.25  icmp 3 4 640 1
        {Cut(0, 6)}
              window 6000
        0.35  < ACK 1 ack 6001
        {Cut(6, 10)}
              > ACK 10001..10601 ack 1
              > ACK 10601..11201 ack 1
              > ACK 11201..11801 ack 1
              > PSH+ACK 11801..12001 ack 1
              window 12000
        0.45  < ACK 1 ack 12001
        10    quiet
        """);

    // 552 is the least that is believed, and 0 is said by routers that know no better
    [Theory]
    [InlineData(68)]
    [InlineData(0)]
    public void Too_little_is_not_believed(int mtu) => TcpScript.Accepted().Run($"""
        0.2   write 1000
              > PSH+ACK 1..1001 ack 1
        0.25  icmp 3 4 {mtu} 1
              > ACK 1..513 ack 1
              > PSH+ACK 513..1001 ack 1
        """);

    [Theory]
    [InlineData("icmp 3 4 1500 1")]
    [InlineData("icmp 3 4 640 1001")]
    [InlineData("icmp 3 4 640 0")]
    public void Error_that_says_nothing_new_or_is_about_nothing_in_flight_is_ignored(string error) => TcpScript.Accepted().Run($"""
        0.2   write 900
              > PSH+ACK 1..901 ack 1
        0.25  {error}
              quiet
        0.3   < ACK 1 ack 901
              write 1000
              > PSH+ACK 901..1901 ack 1
        """);

    // Once it might be an outage; the second time segments stay small
    [Fact]
    public void Black_hole_is_left_with_smaller_segments() => Wide().Run("""
        0.2   write 1380
              > PSH+ACK 1..1381 ack 1
        0.5   > PSH+ACK 1..1381 ack 1
        1.1   > PSH+ACK 1..1381 ack 1
        2.3   > ACK 1..1241 ack 1
        2.4   < ACK 1 ack 1241
              > PSH+ACK 1241..1381 ack 1
        2.5   < ACK 1 ack 1381
        3     write 1380
              > PSH+ACK 1381..2761 ack 1
        5.4   > PSH+ACK 1381..2761 ack 1
        10.2  > PSH+ACK 1381..2761 ack 1
        19.8  > ACK 1381..2621 ack 1
        19.9  < ACK 1 ack 2621
              > PSH+ACK 2621..2761 ack 1
        20    < ACK 1 ack 2761
              write 1380
              > ACK 2761..4001 ack 1
              > PSH+ACK 4001..4141 ack 1
        """);

    [Fact]
    public void Outage_does_not_make_segments_small_for_good() => Wide().Run("""
        0.2   write 1380
              > PSH+ACK 1..1381 ack 1
        0.5   > PSH+ACK 1..1381 ack 1
        1.1   > PSH+ACK 1..1381 ack 1
        2.3   > ACK 1..1241 ack 1
        4.7   > ACK 1..1161 ack 1
        4.8   < ACK 1 ack 1381
              write 1380
              > PSH+ACK 1381..2761 ack 1
        4.9   < ACK 1 ack 2761
        """);

    [Fact]
    public void Stream_gets_through_a_path_that_drops_full_sized_segments()
    {
        var network = new VirtualNetwork(new LinkOptions { Rate = 20e6, Mtu = 1300 });
        (var client, var server) = network.Connect();
        var transfer = network.Send(client, server, 3_000_000);
        network.RunUntil(() => transfer.IsDone, TimeSpan.FromSeconds(15));
        Assert.Equal(1280 - 20 - 20 - 12, client.Sender.SegmentSize);
    }

    // An outer path of 1,280 bytes has room for 1,216 in IPv4 and 1,200 in IPv6; that of 576 for 512 and 496
    [Theory]
    [InlineData(false, 1240, 1200)]
    [InlineData(true, 1240, 1200)]
    [InlineData(false, 600, 552)]
    [InlineData(true, 600, 552)]
    public void Search_goes_on_below_1280_both_ways(bool ipv6, int carried, int found)
    {
        var network = Narrow(carried, ipv6);
        (var client, var server) = network.Connect();
        var up = network.Send(client, server, 1_000_000);
        var down = network.Send(server, client, 1_000_000);
        network.RunUntil(() => up.IsDone && down.IsDone, TimeSpan.FromSeconds(40));
        var size = found - (ipv6 ? 40 : 20) - 20 - 12;
        Assert.Equal((size, size), (client.Sender.SegmentSize, server.Sender.SegmentSize));
    }

    // The offer shrinks as well, so that a peer that cannot find out is spared to
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Next_connection_to_the_host_knows_what_was_found(bool ipv6)
    {
        var network = Narrow(1240, ipv6);
        (var client, var server) = network.Connect();
        var first = network.Send(client, server, 100_000);
        network.RunUntil(() => first.IsDone, TimeSpan.FromSeconds(20));

        var dropped = network.Upstream.Dropped + network.Downstream.Dropped;
        (client, server) = network.Connect(81);
        var up = network.Send(client, server, 1_000_000);
        var down = network.Send(server, client, 1_000_000);
        network.RunUntil(() => up.IsDone && down.IsDone, TimeSpan.FromSeconds(2));
        Assert.Equal(dropped, network.Upstream.Dropped + network.Downstream.Dropped);
    }

    [Fact]
    public void What_was_found_is_forgotten_after_ten_minutes()
    {
        var network = Narrow(1240);
        (var client, var server) = network.Connect();
        var first = network.Send(client, server, 100_000);
        network.RunUntil(() => first.IsDone, TimeSpan.FromSeconds(20));

        network.Run(PathMtus.Lifetime);
        (client, _) = network.Connect(81);
        Assert.Equal(1420 - 20 - 20 - 12, client.Sender.SegmentSize);
    }

    [Fact]
    public void Offer_follows_what_a_router_said() => TcpScript.Accepted("mss 1400", mtu: 1420).Run("""
        0.2   write 1380
              > PSH+ACK 1..1381 ack 1
        0.25  icmp 3 4 1300 1
              > ACK 1..1261 ack 1
              > PSH+ACK 1261..1381 ack 1
        0.3   < ACK 1 ack 1381
              connect
              > SYN 0 mss 1260
        """);

    // A laptop that sleeps loses everything for a while, again and again
    [Fact]
    public void Two_outages_with_full_segments_between_them_do_not_make_segments_small() => Wide().Run($"""
        0.2   write 1380
              > PSH+ACK 1..1381 ack 1
        0.5   > PSH+ACK 1..1381 ack 1
        1.1   > PSH+ACK 1..1381 ack 1
        2.3   > ACK 1..1241 ack 1
        2.4   < ACK 1 ack 1381
              write 1380
              > PSH+ACK 1381..2761 ack 1
        2.5   < ACK 1 ack 2761
        3     write 1380
              > PSH+ACK 2761..4141 ack 1
        3.3   > PSH+ACK 2761..4141 ack 1
        3.9   > PSH+ACK 2761..4141 ack 1
        5.1   > ACK 2761..4001 ack 1
        5.2   < ACK 1 ack 4141
              write 1380
              > PSH+ACK 4141..5521 ack 1
        5.3   < ACK 1 ack 5521
        """);

    private static VirtualNetwork Narrow(int mtu, bool ipv6 = false) =>
        new(new LinkOptions { Rate = 20e6, Mtu = mtu }, ipv6: ipv6);

    private static string Cut(int from, int to) => string.Join('\n', Enumerable.Range(from, to - from).Select(i => $"""
        > ACK {1 + (i * 1000)}..{601 + (i * 1000)} ack 1
        > ACK {601 + (i * 1000)}..{1001 + (i * 1000)} ack 1
        """));

    private static TcpScript Wide() => TcpScript.Accepted("mss 1400", mtu: 1420);
}
