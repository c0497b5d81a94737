using System.Net;
using System.Net.Sockets;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class WireGuardTunnelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connection_to_where_no_peer_leads_fails_at_once()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);

        var error = await Assert.ThrowsAsync<SocketException>(
            () => tunnel.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.9:80")).WaitAsync(TimeSpan.FromSeconds(30), Cancellation));

        Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
    }

    [Fact]
    public async Task Packets_that_no_peer_has_a_route_for_are_counted()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);
        await using var socket = tunnel.ConnectUdp(IPEndPoint.Parse("10.0.0.9:53"));

        await socket.Output.WriteAsync(new byte[] { 1, 2, 3 }, Cancellation);

        Assert.Equal(1UL, tunnel.Statistics.Sent[SendOutcome.NoRoute]);
        Assert.Equal(0UL, tunnel.Statistics.Sent[SendOutcome.Sealed]);
    }

    private static async Task<WireGuardTunnel> StartAsync(PrivateKey key)
    {
        using var theirs = PrivateKey.Generate();
        return await WireGuardTunnel.StartAsync(
            new TunnelOptions
            {
                PrivateKey = key,
                Addresses = [IPAddress.Parse("10.0.0.2")],
                BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
                Peers = [new TunnelPeer { PublicKey = theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")] }],
            },
            Cancellation);
    }
}
