using Onetun.Interop;

namespace Onetun.Capture.Tests;

[Collection(Alone.Name)]
public sealed class PacketFilterTests
{
    private const byte Tcp = 6;
    private const byte Udp = 17;

    private static readonly Dictionary<string, byte[]> Packets = new()
    {
        ["tcp4"] = RawPackets.Ipv4("10.0.0.1", "192.168.4.2", Tcp, RawPackets.WithPorts(40000, 443)),
        ["options4"] = RawPackets.Ipv4("10.0.0.1", "192.168.4.2", Tcp, RawPackets.WithPorts(40000, 443), optionBytes: 12),
        ["first4"] = RawPackets.Ipv4("10.0.0.1", "192.168.4.2", Tcp, RawPackets.WithPorts(40000, 443), fragment: 0x2000),
        ["later4"] = RawPackets.Ipv4("10.0.0.1", "192.168.4.2", Tcp, RawPackets.WithPorts(40000, 443), fragment: 0x2003),
        ["udp4"] = RawPackets.Ipv4("192.168.4.2", "10.0.0.2", Udp, RawPackets.WithPorts(53, 8000)),
        ["sctp4"] = RawPackets.Ipv4("192.168.4.2", "10.0.0.2", 132, RawPackets.WithPorts(53, 443)),
        ["icmp4"] = RawPackets.Ipv4("10.0.0.2", "10.0.0.1", 1, new byte[8]),
        ["gre4"] = RawPackets.Ipv4("10.0.0.2", "10.0.0.1", 47, RawPackets.WithPorts(443, 443)),
        ["tcp6"] = RawPackets.Ipv6("fd00::1", "2001:db8::7", Tcp, RawPackets.WithPorts(40000, 443)),
        ["udp6"] = RawPackets.Ipv6("2001:db8::7", "fd00::1", Udp, RawPackets.WithPorts(53, 8000)),
        ["icmp6"] = RawPackets.Ipv6("fd00::1", "fd00::2", 58, new byte[8]),
        ["fragment6"] = RawPackets.Ipv6("fd00::1", "2001:db8::7", Tcp, RawPackets.WithPorts(40000, 443), 44),
        ["options6"] = RawPackets.Ipv6("fd00::1", "2001:db8::7", Tcp, RawPackets.WithPorts(40000, 443), 60),
    };

    [Theory]
    [InlineData("ip", "tcp4 options4 first4 later4 udp4 sctp4 icmp4 gre4")]
    [InlineData("ip6", "tcp6 udp6 icmp6 fragment6 options6")]
    [InlineData("tcp", "tcp4 options4 first4 later4 tcp6 fragment6")]
    [InlineData("udp", "udp4 udp6")]
    [InlineData("icmp or icmp6 or sctp", "sctp4 icmp4 icmp6")]
    [InlineData("ip6 proto 60 or proto 47", "gre4 options6")]
    [InlineData(@"ip proto \tcp", "tcp4 options4 first4 later4")]
    [InlineData("port 443", "tcp4 options4 first4 sctp4 tcp6")]
    [InlineData("tcp port 443", "tcp4 options4 first4 tcp6")]
    [InlineData("src port 53", "udp4 sctp4 udp6")]
    [InlineData("dst port 53", "")]
    [InlineData("src and dst portrange 400-50000", "tcp4 options4 first4 tcp6")]
    [InlineData("portrange 9000-7000", "udp4 udp6")]
    [InlineData("host 10.0.0.2", "udp4 sctp4 icmp4 gre4")]
    [InlineData("src 10.0.0.2", "icmp4 gre4")]
    [InlineData("dst host 2001:db8::7", "tcp6 fragment6 options6")]
    [InlineData("net 192.168", "tcp4 options4 first4 later4 udp4 sctp4")]
    [InlineData("src net 10", "tcp4 options4 first4 later4 icmp4 gre4")]
    [InlineData("src and dst net 10.0.0.0/24", "icmp4 gre4")]
    [InlineData("dst net 192.168.0.0 mask 255.255.0.0", "tcp4 options4 first4 later4")]
    [InlineData("src and dst net fd00::/16", "icmp6")]
    public void Word_takes_its_packets(string text, string packets) => Assert.Equal(packets, Taken(text));

    [Theory]
    [InlineData("tcp or udp and port 53", "(tcp or udp) and port 53")]
    [InlineData("port 53 and udp or icmp", "(port 53 and udp) or icmp")]
    [InlineData("not tcp and ip", "(not tcp) and ip")]
    [InlineData("!(tcp||udp)&&ip", "not (tcp or udp) and ip")]
    [InlineData("not not tcp", "tcp")]
    public void Operators_bind_as_in_tcpdump(string text, string same) => Assert.Equal(Taken(same), Taken(text));

    [Theory]
    [InlineData("udp src port 53 or 443", "udp src port 53 or udp src port 443")]
    [InlineData("host 10.0.0.1 or 10.0.0.2 and not fd00::1", "(host 10.0.0.1 or host 10.0.0.2) and not host fd00::1")]
    [InlineData("port 53 and (tcp or udp) and 8000", "port 53 and (tcp or udp) and port 8000")]
    [InlineData("not dst port (53 or 443)", "not (dst port 53 or dst port 443)")]
    [InlineData("port not 53", "not port 53")]
    [InlineData("src net 10 or 192.168", "src net 10 or src net 192.168")]
    public void Value_alone_takes_the_words_before_it(string text, string same) => Assert.Equal(Taken(same), Taken(text));

    [Theory, InlineData("tcp or 443"), InlineData("port 443 and tcp or 53"), InlineData("(port 443) or 53")]
    public void Words_end_with_a_protocol_alone_and_with_parentheses(string text) => Assert.False(PacketFilter.TryParse(text, out _, out _));

    [Fact]
    public void Packet_that_ends_before_what_is_looked_at_is_not_taken_even_by_a_negation()
    {
        var packet = Packets["tcp4"];
        foreach (var text in new[] { "not port 22", "port 443" })
        {
            var filter = PacketFilter.Parse(text);
            Assert.True(filter.Matches(packet));
            Assert.True(filter.Matches(packet.AsSpan(0, 24)));
            Assert.False(filter.Matches(packet.AsSpan(0, 22)));
            Assert.False(filter.Matches([]));
        }

        Assert.True(PacketFilter.Parse("not ip6").Matches(packet.AsSpan(0, 1)));
    }

    [Fact]
    public void Rubbish_and_truncated_packets_of_any_length_never_throw()
    {
        var random = new Random(1);
        PacketFilter[] filters =
        [
            .. new[] { "not port 80 and not host ::1", "tcp or icmp6 or proto 44", "net 10 or not net fd00::/8 or udp src portrange 5-9" }
                .Select(PacketFilter.Parse),
        ];
        for (var i = 0; i < 20_000; i++)
        {
            var packet = random.Next(2) == 0 ? RawPackets.Damaged(random) : new byte[random.Next(80)];
            foreach (var filter in filters)
            {
                filter.Matches(packet);
            }
        }
    }

    [Fact]
    public void Nothing_is_allocated_per_packet()
    {
        var filter = PacketFilter.Parse("udp port 53 or icmp or (tcp and net 10.0.0.0/8 and portrange 8000-8080) or ip6 net fd00::/64");
        byte[][] packets = [.. Packets.Values];
        var taken = 0;
        Assert.Equal(0, Allocation.LeastOf(() =>
        {
            for (var i = 0; i < 100_000; i++)
            {
                taken += filter.Matches(packets[i % packets.Length]) ? 1 : 0;
            }
        }));
        Assert.True(taken > 0);
    }

    private static string Taken(string text)
    {
        var filter = PacketFilter.Parse(text);
        return string.Join(' ', Packets.Where(packet => filter.Matches(packet.Value)).Select(packet => packet.Key));
    }
}
