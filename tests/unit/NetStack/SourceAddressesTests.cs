using System.Net;

namespace Onetun.NetStack.Tests;

public sealed class SourceAddressesTests
{
    [Theory]
    [InlineData("10.0.0.5", "192.168.4.3/24 10.0.0.3/8", "10.0.0.3")]
    [InlineData("192.168.4.9", "10.0.0.3/8 192.168.4.3/24", "192.168.4.3")]
    // The longest prefix, wherever it stands
    [InlineData("10.1.2.3", "10.0.0.3/8 10.1.0.3/16 10.1.2.9/12", "10.1.0.3")]
    [InlineData("10.1.2.3", "10.1.2.9/24 10.0.0.3/8", "10.1.2.9")]
    // RFC 6724 §5, rule 1: ourselves from the same address
    [InlineData("10.0.0.4", "10.0.0.3/24 10.0.0.4/24", "10.0.0.4")]
    // The first of two alike, and where none holds it
    [InlineData("10.1.2.3", "10.1.0.3/16 10.1.0.4/16", "10.1.0.3")]
    [InlineData("172.16.0.1", "fd00::3/64 192.168.4.3/24 172.16.9.9/32", "192.168.4.3")]
    [InlineData("172.16.0.1", "192.168.4.3/24 172.16.9.9/0", "172.16.9.9")]
    [InlineData("fd00::5", "192.168.4.3/24 fd00:1::3/64 fd00::3/64", "fd00::3")]
    [InlineData("fd00::5", "192.168.4.3/24", null)]
    [InlineData("10.0.0.5", "fd00::3/64", null)]
    // RFC 6724 §5, rule 2: a scope that reaches as far
    [InlineData("2001:db8::1", "fe80::3/64 2001:db8:1::3/64", "2001:db8:1::3")]
    [InlineData("2001:db8::1", "2001:db8:1::3/64 fe80::3/64", "2001:db8:1::3")]
    [InlineData("fe80:1::9", "2001:db8::3/64 fe80::3/64", "fe80::3")]
    // Rule 6: unique local addresses among themselves
    [InlineData("2001:db8::1", "fd00::3/64 2a00::3/64", "2a00::3")]
    [InlineData("fd12::1", "2a00::3/64 fd00::3/64", "fd00::3")]
    // Rule 8: the most in common
    [InlineData("2001:db8:2::1", "2001:db8:9::3/64 2001:db8:3::3/64", "2001:db8:3::3")]
    [InlineData("2001:db8:2::1", "2001:db8:3::3/64 2001:db8:9::3/64", "2001:db8:3::3")]
    public void A_host_is_talked_to_from_the_address_whose_network_it_is_in(string destination, string ours, string? source)
    {
        var addresses = Addresses(ours);
        Assert.Equal(source, InterfaceAddress.SourceFor(addresses, IPAddress.Parse(destination))?.ToString());

        var stack = new IpStack(new IpStackOptions { Addresses = addresses, Secret = new byte[32] });
        var remote = IpAddress.From(IPAddress.Parse(destination));
        Assert.Equal(source, stack.Connect(TimeSpan.Zero, remote, 80)?.Flow.Local.ToString());
        Assert.Equal(source, stack.ConnectUdp(remote, 53)?.Flow.Local.ToString());
    }

    [Fact]
    public void An_address_alone_has_no_network() =>
        Assert.Equal(["192.168.4.3/32", "fd00::3/128"], new InterfaceAddress[] { IPAddress.Parse("192.168.4.3"), IPAddress.Parse("fd00::3") }.Select(one => $"{one}"));

    [Theory]
    [InlineData("192.168.4.3", 33)]
    [InlineData("fd00::3", 129)]
    [InlineData("fd00::3", -1)]
    public void No_prefix_is_longer_than_its_address(string address, int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new InterfaceAddress(IPAddress.Parse(address), length));

    private static InterfaceAddress[] Addresses(string text) =>
    [
        .. text.Split(' ').Select(one => one.Split('/')).Select(parts => new InterfaceAddress(IPAddress.Parse(parts[0]), int.Parse(parts[1], null))),
    ];
}
