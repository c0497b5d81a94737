using System.Net;

namespace Onetun.NetStack.Tests;

public sealed class IpAddressTests
{
    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("255.255.255.255", true)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("fd00::1:2", false)]
    [InlineData("2001:db8::ffff:102:304", false)]
    public void Addresses_survive_the_round_trip(string text, bool isIpv4)
    {
        var parsed = IPAddress.Parse(text);
        var address = IpAddress.From(parsed);
        Assert.Equal(isIpv4, address.IsIPv4);
        Assert.Equal(parsed, address.ToIPAddress());
        Assert.Equal(text, address.ToString());
        var bytes = new byte[address.Length];
        address.Write(bytes);
        Assert.Equal(parsed.GetAddressBytes(), bytes);
        Assert.Equal(address, isIpv4 ? IpAddress.ReadIpv4(bytes) : IpAddress.ReadIpv6(bytes));
    }

    [Fact]
    public void Mapped_address_is_the_ipv4_address() =>
        Assert.Equal(IpAddress.From(IPAddress.Parse("10.1.2.3")), IpAddress.From(IPAddress.Parse("::ffff:10.1.2.3")));

    [Theory]
    [InlineData("224.0.0.1", true, false, false, false)]
    [InlineData("239.255.255.255", true, false, false, false)]
    [InlineData("240.0.0.1", false, false, false, false)]
    [InlineData("ff02::1", true, false, false, false)]
    [InlineData("fe80::1", false, false, false, false)]
    [InlineData("0.0.0.0", false, true, false, false)]
    [InlineData("::", false, true, false, false)]
    [InlineData("127.5.5.5", false, false, true, false)]
    [InlineData("::1", false, false, true, false)]
    [InlineData("255.255.255.255", false, false, false, true)]
    public void Special_addresses_are_known(string text, bool multicast, bool unspecified, bool loopback, bool broadcast)
    {
        var address = IpAddress.From(IPAddress.Parse(text));
        Assert.Equal(
            (multicast, unspecified, loopback, broadcast),
            (address.IsMulticast, address.IsUnspecified, address.IsLoopback, address.IsBroadcast));
        Assert.Equal(!multicast && !unspecified && !loopback && !broadcast, address.MaySend);
    }
}
