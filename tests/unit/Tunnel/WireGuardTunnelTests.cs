using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
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

    [Fact]
    public async Task Tap_that_throws_is_taken_off_and_told_of_and_packets_go_on()
    {
        using var ours = PrivateKey.Generate();
        TaskCompletionSource<TunnelFault> told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        BrokenTap tap = new();
        await using var tunnel = await StartAsync(ours, options => options with
        {
            Tap = tap,
            Faulted = fault =>
            {
                Assert.True(told.TrySetResult(fault), "told twice");
                throw new InvalidOperationException("who hears of it is broken as well");
            },
        });
        await using var socket = tunnel.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));

        socket.Send([1]);
        socket.Send([2]);

        TunnelFault fault = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.IsType<IOException>(fault.Exception);
        Assert.Equal(1, tap.Packets);
        Assert.Equal(2UL, tunnel.Statistics.Sent[SendOutcome.NoEndpoint]);
        Assert.Equal(1UL, tunnel.Statistics.Faults);
    }

    private static async Task<WireGuardTunnel> StartAsync(PrivateKey key, Func<TunnelOptions, TunnelOptions>? configure = null)
    {
        using var theirs = PrivateKey.Generate();
        TunnelOptions options = new()
        {
            PrivateKey = key,
            Addresses = [IPAddress.Parse("10.0.0.2")],
            BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Peers = [new TunnelPeer { PublicKey = theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")] }],
        };
        return await WireGuardTunnel.StartAsync(configure?.Invoke(options) ?? options, Cancellation);
    }

    private sealed class BrokenTap : IPacketTap
    {
        public int Packets { get; private set; }

        public void OnPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> packet)
        {
            Packets++;
            throw new IOException("the disk is full");
        }
    }
}
