using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>What a tunnel drops can be seen, with the reason.</summary>
public sealed class DropTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.1");

    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static long Count(WireGuardTunnel tunnel, string reason) =>
        tunnel.GetStatistics().Drops.Single(drop => drop.Reason == reason).Count;

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public async Task Every_reason_has_one_place_before_anything_is_dropped()
    {
        await using var tunnel = await StartAsync();
        var drops = tunnel.GetStatistics().Drops;
        Assert.All(drops, drop => Assert.Equal(0, drop.Count));
        Assert.Equal(drops.Count, drops.DistinctBy(drop => (drop.Layer, drop.Direction, drop.Reason)).Count());
        Assert.Equal(Enum.GetValues<DropLayer>(), drops.Select(drop => drop.Layer).Distinct().Order());
    }

    [Fact]
    public async Task A_datagram_that_is_no_message_is_dropped_by_wireguard()
    {
        await using var tunnel = await StartAsync();
        using var stranger = new UdpClient(AddressFamily.InterNetwork);
        await stranger.SendAsync(new byte[500], tunnel.LocalEndPoint, Cancellation);
        await Interop.Eventually.TrueAsync(
            () => Task.FromResult(Count(tunnel, "unknown_message") == 1), Patience, "the datagram came");
        var drop = tunnel.GetStatistics().Drops.Single(drop => drop.Count > 0);
        Assert.Equal((DropLayer.WireGuard, PacketDirection.Inbound), (drop.Layer, drop.Direction));
    }

    [Fact]
    public async Task A_packet_for_nobody_is_dropped_on_the_way_out()
    {
        await using var tunnel = await StartAsync();
        await Assert.ThrowsAsync<SocketException>(() => tunnel.ConnectTcpAsync(IPEndPoint.Parse("192.0.2.1:80"), Cancellation));
        Assert.Contains(
            tunnel.GetStatistics().Drops, drop => drop is (DropLayer.WireGuard, PacketDirection.Outbound, "no_route", > 0));
    }

    private Task<WireGuardTunnel> StartAsync() => WireGuardTunnel.StartAsync(
        new TunnelOptions
        {
            PrivateKey = _ours,
            Addresses = [Here],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = _theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.0/24")] }],
        },
        Cancellation);
}
