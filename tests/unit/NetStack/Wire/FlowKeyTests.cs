using CsCheck;

namespace Onetun.NetStack.Tests;

public sealed class FlowKeyTests
{
    [Fact]
    public void Equal_flows_have_equal_hashes_and_other_seeds_give_other_hashes()
    {
        var first = new FlowKeyComparer(0x9E3779B97F4A7C15, 0xD1B54A32D192ED03);
        var second = new FlowKeyComparer(0x9E3779B97F4A7C15, 0xD1B54A32D192ED02);
        var flow = new FlowKey(IpAddress.FromIpv4(1), IpAddress.FromIpv4(2), 3, 4);
        Assert.Equal(first.GetHashCode(flow), first.GetHashCode(flow with { }));
        Assert.NotEqual(first.GetHashCode(flow), second.GetHashCode(flow));
        Assert.NotEqual(first.GetHashCode(flow), first.GetHashCode(flow.Reversed));
    }

    [Fact]
    public void Neighbouring_ports_and_addresses_spread_over_the_buckets()
    {
        var comparer = new FlowKeyComparer(0x9E3779B97F4A7C15, 0xD1B54A32D192ED03);
        var buckets = new int[256];
        for (uint i = 0; i < 65_536; i++)
        {
            var flow = new FlowKey(IpAddress.FromIpv4(0x0A000001), IpAddress.FromIpv4(0x0A000000 | (i >> 8)), 443, (ushort)(i & 255));
            buckets[comparer.GetHashCode(flow) & 255]++;
        }

        // 256 expected; six standard deviations
        Assert.All(buckets, count => Assert.InRange(count, 160, 352));
    }

    [Fact]
    public void Every_field_counts()
    {
        var comparer = new FlowKeyComparer(0x9E3779B97F4A7C15, 0xD1B54A32D192ED03);
        PacketGenerator.Flow.Sample(flow =>
        {
            FlowKey[] others =
            [
                flow with { LocalPort = (ushort)(flow.LocalPort + 1) },
                flow with { RemotePort = (ushort)(flow.RemotePort + 1) },
                flow with { Local = flow.Local with { Low = flow.Local.Low ^ 1 } },
                flow with { Remote = flow.Remote with { High = flow.Remote.High ^ (1UL << 36) } },
            ];
            Assert.All(others, other => Assert.False(comparer.Equals(flow, other)));
            Assert.All(others, other => Assert.NotEqual(comparer.GetHashCode(flow), comparer.GetHashCode(other)));
        });
    }
}
