using System.Net;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A change of network is a change of the address that packets to a peer leave from.</summary>
public sealed class NetworkWatchTests : IDisposable
{
    private static readonly IPEndPoint Peer = new(IPAddress.Parse("192.0.2.1"), 51820);
    private static readonly IPEndPoint Other = new(IPAddress.Parse("198.51.100.1"), 51820);

    private readonly Dictionary<IPEndPoint, IPAddress> _sources = new() { [Peer] = IPAddress.Parse("10.0.0.2") };
    private readonly List<IPEndPoint> _destinations = [Peer];
    private readonly NetworkWatch _watch;
    private int _moves;

    public NetworkWatchTests() =>
        _watch = new NetworkWatch(() => _destinations, () => _moves++, destination => _sources.GetValueOrDefault(destination));

    public void Dispose() => _watch.Dispose();

    [Fact]
    public void Another_source_address_is_a_move()
    {
        _sources[Peer] = IPAddress.Parse("172.16.0.2");
        _watch.Look();
        Assert.Equal(1, _moves);
        _watch.Look();
        Assert.Equal(1, _moves);
    }

    [Fact]
    public void Changes_elsewhere_are_none()
    {
        _sources[Other] = IPAddress.Parse("172.17.0.1");
        _watch.Look();
        Assert.Equal(0, _moves);
    }

    [Fact]
    public void Network_that_went_and_came_back_is_the_same()
    {
        _sources.Remove(Peer);
        _watch.Look();
        _sources[Peer] = IPAddress.Parse("10.0.0.2");
        _watch.Look();
        Assert.Equal(0, _moves);
    }

    [Fact]
    public void Interface_that_was_made_again_has_another_number()
    {
        var link = 3;
        var renewals = 0;
        using var watch = new NetworkWatch(() => _destinations, () => _moves++, _ => null, () => renewals++, () => link);
        foreach (var next in new[] { 3, 0, 3, 0, 7, 7 })
        {
            link = next;
            watch.Look();
        }

        Assert.Equal((1, 0), (renewals, _moves));
    }

    [Fact]
    public void Network_that_came_in_place_of_the_one_that_went_is_a_move()
    {
        _sources.Remove(Peer);
        _watch.Look();
        _sources[Peer] = IPAddress.Parse("172.16.0.2");
        _watch.Look();
        Assert.Equal(1, _moves);
    }

    [Fact]
    public void Peer_that_is_somewhere_else_is_no_move_of_ours()
    {
        _sources[Other] = IPAddress.Parse("172.16.0.2");
        _destinations[0] = Other;
        _watch.Look();
        Assert.Equal(0, _moves);
    }
}
