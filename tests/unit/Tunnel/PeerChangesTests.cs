using System.Net;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class PeerChangesTests : IDisposable
{
    private static readonly IPNetwork Network = IPNetwork.Parse("10.0.0.0/24");

    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly Device _device;
    private readonly PeerOptions _first = Peer("10.0.0.0/24");
    private readonly PeerOptions _second = Peer("10.0.1.0/24");

    public PeerChangesTests()
    {
        _device = new Device(new DeviceOptions { PrivateKey = _ours }, new SystemEnvironment(Clock.Instance));
        PeerChanges.Apply(_device, TimeSpan.Zero, [], [_first, _second]);
    }

    public void Dispose()
    {
        _device.Dispose();
        _ours.Dispose();
    }

    [Fact]
    public void Peers_come_and_go_and_those_that_stay_are_the_same()
    {
        var stays = _device.FindPeer(_second.PublicKey);
        var third = Peer("10.0.2.0/24");
        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [_second, third]);
        Assert.Null(_device.FindPeer(_first.PublicKey));
        Assert.Same(stays, _device.FindPeer(_second.PublicKey));
        Assert.NotNull(_device.FindPeer(third.PublicKey));
        Assert.Equal(SendOutcome.NoRoute, SendTo(10, 0, 0, 1));
        Assert.NotEqual(SendOutcome.NoRoute, SendTo(10, 0, 2, 1));
    }

    [Fact]
    public void Change_that_failed_half_way_does_not_spoil_the_next()
    {
        var third = Peer("10.0.2.0/24");
        var bad = new PeerOptions { PublicKey = _ours.PublicKey };
        Assert.Throws<ArgumentException>(
            () => PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [third, bad]));

        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [_first, third]);
        Assert.NotNull(_device.FindPeer(_first.PublicKey));
        Assert.NotNull(_device.FindPeer(third.PublicKey));
        Assert.Equal(2, _device.Peers.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_prefix_moves_from_one_peer_to_another_whichever_comes_first(bool isGiverFirst)
    {
        var (giver, taker) = (_first with { AllowedIPs = [] }, _second with { AllowedIPs = [.. _second.AllowedIPs, Network] });
        PeerChanges.Apply(
            _device, TimeSpan.Zero, [_first, _second], isGiverFirst ? [giver, taker] : [taker, giver]);
        Assert.NotEqual(SendOutcome.NoRoute, SendTo(10, 0, 0, 1));
        Assert.True(_device.RemoveAllowedIP(_device.FindPeer(taker.PublicKey)!, Network));
    }

    [Fact]
    public void A_prefix_of_two_peers_is_that_of_the_one_that_keeps_it()
    {
        var both = _second with { AllowedIPs = [Network] };
        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [_first, both]);
        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, both], [_first, _second]);
        Assert.True(_device.RemoveAllowedIP(_device.FindPeer(_first.PublicKey)!, Network));
    }

    [Fact]
    public void A_peer_that_became_ourselves_is_gone_already()
    {
        using var key = PrivateKey.Generate();
        var third = _first with { PublicKey = key.PublicKey };
        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [third]);
        _device.SetPrivateKey(key);
        PeerChanges.Apply(_device, TimeSpan.Zero, [third], [_second]);
        Assert.Equal(_second.PublicKey, Assert.Single(_device.Peers).PublicKey);
    }

    [Fact]
    public void A_peer_that_has_roamed_stays_where_it_is_until_its_configured_endpoint_changes()
    {
        var target = _device.FindPeer(_first.PublicKey)!;
        var roamed = UdpEndPoint.From(IPEndPoint.Parse("203.0.113.7:7"));
        _device.SetEndPoint(TimeSpan.Zero, target, roamed);
        var again = _first with { PersistentKeepalive = TimeSpan.FromSeconds(25) };
        PeerChanges.Apply(_device, TimeSpan.Zero, [_first, _second], [again, _second]);
        var statistics = target.GetStatistics(TimeSpan.Zero);
        Assert.Equal((roamed.ToIPEndPoint(), TimeSpan.FromSeconds(25)), (statistics.EndPoint, statistics.PersistentKeepalive));

        var moved = IPEndPoint.Parse("203.0.113.8:8");
        PeerChanges.Apply(_device, TimeSpan.Zero, [again, _second], [again with { EndPoint = moved }, _second]);
        Assert.Equal(moved, target.GetStatistics(TimeSpan.Zero).EndPoint);
    }

    private static PeerOptions Peer(string network)
    {
        using var key = PrivateKey.Generate();
        return new PeerOptions
        {
            PublicKey = key.PublicKey,
            EndPoint = IPEndPoint.Parse("203.0.113.1:51820"),
            AllowedIPs = [IPNetwork.Parse(network)],
        };
    }

    private SendOutcome SendTo(params byte[] address)
    {
        var slot = new byte[Device.Overhead + 64];
        var packet = slot.AsSpan(Device.HeaderLength, 20);
        packet[0] = 0x45;
        packet[3] = 20;
        address.CopyTo(packet[16..]);
        return _device.Send(TimeSpan.Zero, slot, 20, out _, out _, out _);
    }
}
