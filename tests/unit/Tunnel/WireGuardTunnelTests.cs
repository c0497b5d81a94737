using System.Net;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class WireGuardTunnelTests
{
    [Fact]
    public async Task Packets_that_no_peer_has_a_route_for_are_counted()
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var tunnel = await WireGuardTunnel.StartAsync(
            new TunnelOptions
            {
                PrivateKey = ours,
                Addresses = [IPAddress.Parse("10.0.0.2")],
                BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Peers = [new TunnelPeer { PublicKey = theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")] }],
            },
            TestContext.Current.CancellationToken);
        await using var socket = tunnel.ConnectUdp(IPEndPoint.Parse("10.0.0.9:53"));

        await socket.Output.WriteAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);

        Assert.Equal(1UL, tunnel.Statistics.Sent[SendOutcome.NoRoute]);
        Assert.Equal(0UL, tunnel.Statistics.Sent[SendOutcome.Sealed]);
    }
}
