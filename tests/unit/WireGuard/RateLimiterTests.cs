using System.Net;

namespace Onetun.WireGuard.Tests;

/// <summary>The token bucket of each source: 20 a second, 5 at once.</summary>
public sealed class RateLimiterTests
{
    private readonly RateLimiter _limiter = new(100);
    private TimeSpan _now = TimeSpan.FromHours(1);

    [Fact]
    public void Fourteen_sources_are_each_limited_as_wireguard_go_does()
    {
        string[] sources =
        [
            "127.0.0.1", "192.168.1.1", "172.167.2.3", "97.231.252.215", "248.97.91.167", "188.208.233.47", "104.2.183.179",
            "72.129.46.120", "[2001:0db8:0a0b:12f0:0000:0000:0000:0001]", "[f5c2:818f:c052:655a:9860:b136:6894:25f0]",
            "[b2d7:15ab:48a7:b07c:a541:f144:a9fe:54fc]", "[a47b:786e:1671:a22b:d6f9:4ab0:abc7:c918]",
            "[ea1e:d155:7f7a:98fb:2bf5:9483:80f6:5445]", "[3f0e:54a2:f5b4:cd19:a21d:58e1:3746:84c4]",
        ];
        foreach ((double afterMilliseconds, var isAllowed) in new[]
        {
            (0, true), (0, true), (0, true), (0, true), (0, true), (0, false),
            (50, true), (0, false), (100, true), (0, true), (0, false),
        })
        {
            _now += TimeSpan.FromMilliseconds(afterMilliseconds);
            Assert.All(sources, source => Assert.Equal(isAllowed, Allows(source)));
        }
    }

    [Fact]
    public void Ipv6_network_of_64_bits_is_one_source()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.True(Allows($"[2001:db8:0:1::{i:x}]"));
        }

        Assert.False(Allows("[2001:db8:0:1:ffff::]"));
        Assert.True(Allows("[2001:db8:0:2::]"));
    }

    [Fact]
    public void Port_does_not_make_another_source()
    {
        for (var port = 1; port <= 5; port++)
        {
            Assert.True(_limiter.Allows(_now, UdpEndPoint.From(IPEndPoint.Parse($"192.0.2.1:{port}"))));
        }

        Assert.False(_limiter.Allows(_now, UdpEndPoint.From(IPEndPoint.Parse("192.0.2.1:6"))));
    }

    [Fact]
    public void Full_table_denies_new_sources_until_old_ones_were_silent_for_a_second()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.True(Allows($"10.0.0.{i}"));
        }

        Assert.False(Allows("10.0.1.1"));
        Assert.Equal(100, _limiter.Count);
        _now += TimeSpan.FromSeconds(1);
        Assert.True(Allows("10.0.1.1"));
        Assert.Equal(1, _limiter.Count);
    }

    private bool Allows(string address) => _limiter.Allows(_now, UdpEndPoint.From(IPEndPoint.Parse(address + ":1000")));
}
