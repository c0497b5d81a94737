namespace Onetun.NetStack.Tests;

/// <summary>How long segments are: RFC 9293 §3.7.1, RFC 6691.</summary>
public sealed class SegmentSizeTests
{
    [Fact]
    public void Mtu_makes_the_offer_and_the_first_window()
    {
        var passive = new TcpScript(mtu: 1140).Run("""
            0     listen
                  < SYN 0 mss 1460
                  > SYN+ACK 0 ack 1 mss 1100
            0.1   < ACK 1 ack 1
            """);
        var active = new TcpScript(mtu: 1140).Run("""
            0     connect
                  > SYN 0 mss 1100
            0.1   < SYN+ACK 0 ack 1 mss 1460
                  > ACK 1 ack 1
            """);
        foreach (var script in new[] { passive, active })
        {
            script.Run($"""
                write 20000
                {string.Join('\n', Enumerable.Range(0, 10).Select(i => $"> ACK {1 + (i * 1100)}..{1101 + (i * 1100)} ack 1"))}
                window 11000
                """);
        }
    }

    [Theory]
    [InlineData(false, "icmp 3 4 800 1", 760)]
    [InlineData(true, "icmp 2 0 1280 1", 1220)]
    public void Offer_comes_from_our_mtu_and_segments_from_the_paths(bool ipv6, string error, int size)
    {
        var full = ipv6 ? 1340 : 1360;
        new TcpScript(ipv6: ipv6, mtu: 1400).Run($"""
            0     listen
                  < SYN 0 mss 1460
                  > SYN+ACK 0 ack 1 mss {full}
            0.1   < ACK 1 ack 1
                  write {full}
                  > PSH+ACK 1..{full + 1} ack 1
                  {error}
                  > ACK 1..{size + 1} ack 1
                  > PSH+ACK {size + 1}..{full + 1} ack 1
            0.2   < ACK 1 ack {full + 1}
                  write {size + 1}
                  > ACK {full + 1}..{full + 1 + size} ack 1
                  > PSH+ACK {full + 1 + size}..{full + 2 + size} ack 1
            """);
    }
}
