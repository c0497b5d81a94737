using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Onetun.Extensions.Hosting;
using Onetun.Interop;
using Onetun.Tests.Library;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Hosting.Tests;

/// <summary>Whether the peers of a tunnel answer.</summary>
public sealed class TunnelHealthTests
{
    [Fact]
    public async Task Tunnel_that_was_asked_nothing_is_healthy()
    {
        await using var networks = await Networks.StartAsync();

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(networks.Client)).Status);
    }

    [Fact]
    public async Task Tunnel_with_a_session_is_healthy_at_any_age_that_is_allowed()
    {
        await using var networks = await Networks.StartAsync();
        await ShakeHandsAsync(networks);

        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(networks.Client, options => options.MaxHandshakeAge = TimeSpan.FromHours(1))).Status);
    }

    [Fact]
    public async Task Last_handshake_that_is_too_old_is_told()
    {
        await using var networks = await Networks.StartAsync();
        await ShakeHandsAsync(networks);

        var result = await CheckAsync(networks.Client, options => options.MaxHandshakeAge = TimeSpan.FromTicks(1));

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Contains("last handshake", $"{result.Data[networks.Server.PublicKey.ToString()]}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Peer_that_leaves_handshakes_unanswered_is_silent()
    {
        await using var networks = await Networks.StartAsync();
        await ShakeHandsAsync(networks);
        using var nobody = PrivateKey.Generate();
        using var nowhere = new System.Net.Sockets.UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var silent = new PeerOptions
        {
            PublicKey = nobody.PublicKey,
            EndPoint = (IPEndPoint)nowhere.Client.LocalEndPoint!,
            AllowedIPs = [IPNetwork.Parse("192.168.5.0/24")],
        };
        var answering = new PeerOptions
        {
            PublicKey = networks.Server.PublicKey,
            AllowedIPs = [new IPNetwork(Networks.ServerAddress, 32)],
        };
        networks.Client.SetPeers([answering, silent]);
        networks.Client.SendKeepalive(nobody.PublicKey);

        await BecomesAsync(networks.Client, HealthStatus.Degraded);

        networks.Client.SetPeers([silent]);
        await BecomesAsync(networks.Client, HealthStatus.Unhealthy);
    }

    [Theory, InlineData(null, HealthStatus.Unhealthy), InlineData(HealthStatus.Degraded, HealthStatus.Degraded)]
    public async Task Tunnel_that_has_been_disposed_fails(HealthStatus? failureStatus, HealthStatus expected)
    {
        await using var networks = await Networks.StartAsync();
        await networks.Client.DisposeAsync();

        var result = await CheckAsync(networks.Client, failureStatus: failureStatus);

        Assert.Equal((expected, "The tunnel office has been disposed."), (result.Status, result.Description));
    }

    [Fact]
    public async Task Tunnel_that_is_none_fails()
    {
        var result = await CheckAsync(tunnel: null);

        Assert.Equal(HealthStatus.Unhealthy, result.Status);
        Assert.Equal("There is no tunnel office among the services: AddWireGuardTunnel(\"office\", …) adds it.", result.Description);
    }

    private static Task BecomesAsync(WireGuardTunnel tunnel, HealthStatus status) => Eventually.TrueAsync(
        async () => (await CheckAsync(tunnel, options => options.MaxUnansweredHandshakes = 0)).Status == status, Wait.Limit, $"{status}");

    private static async Task ShakeHandsAsync(Networks networks)
    {
        networks.Client.SendKeepalive(networks.Server.PublicKey);
        await Eventually.TrueAsync(() => Task.FromResult(networks.Client.Peers.Single().HasSession), Wait.Limit, "there is a session");
    }

    private static async Task<HealthReportEntry> CheckAsync(
        WireGuardTunnel? tunnel, Action<WireGuardTunnelHealthOptions>? configure = null, HealthStatus? failureStatus = null)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        if (tunnel is not null)
        {
            services.AddKeyedSingleton("office", tunnel);
        }

        services.AddHealthChecks().AddWireGuardTunnel("office", configure, failureStatus);
        await using var provider = services.BuildServiceProvider();
        var report = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        return report.Entries["office"];
    }
}
