using System.Net;

namespace Onetun.NetStack.Tests;

public sealed class ListenPortsTests
{
    private static readonly IpAddress All = IpAddress.From(IPAddress.IPv6Any);
    private static readonly IpAddress One = IpAddress.From(IPAddress.Parse("10.0.0.1"));
    private static readonly IpAddress Other = IpAddress.From(IPAddress.Parse("fd00::1"));

    private readonly ListenPorts<string> _ports = new();

    [Fact]
    public void A_port_of_two_addresses_is_two_ports()
    {
        Assert.NotNull(Bind(One, 80));
        Assert.False(_ports.TryFind(Other, 80, out _));
        Assert.NotNull(Bind(Other, 80));
        Assert.True(_ports.TryFind(One, 80, out var one));
        Assert.True(_ports.TryFind(Other, 80, out var other));
        Assert.Equal(("10.0.0.1:80", "fd00::1:80"), (one, other));
    }

    [Fact]
    public void A_port_of_all_addresses_is_found_by_each()
    {
        Bind(All, 80);
        Assert.True(_ports.TryFind(One, 80, out _));
        Assert.True(_ports.TryFind(Other, 80, out _));
        Assert.False(_ports.TryFind(One, 81, out _));
    }

    [Fact]
    public void One_that_is_taken_on_an_address_is_not_to_be_had_on_all_nor_the_other_way()
    {
        Bind(One, 80);
        Bind(All, 81);
        Assert.Null(Bind(One, 80));
        Assert.Null(Bind(All, 80));
        Assert.Null(Bind(One, 81));
        Assert.Null(Bind(All, 81));
    }

    [Fact]
    public void One_that_was_given_up_is_free()
    {
        Bind(One, 80);
        _ports.Remove(new ListenEnd(One, 80));
        Assert.NotNull(Bind(All, 80));
    }

    [Fact]
    public void Any_port_is_one_that_is_free_there()
    {
        Assert.Equal("10.0.0.1:49152", Bind(One, 0));
        Assert.Equal("10.0.0.1:49153", Bind(One, 0));
        Assert.Equal("fd00::1:49152", Bind(Other, 0));
        Assert.Equal(":::49154", Bind(All, 0));
    }

    private string? Bind(IpAddress address, int port) => _ports.Bind(address, port, end => $"{end.Address}:{end.Port}");
}
