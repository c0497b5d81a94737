using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Onetun.Extensions.Http;
using Onetun.Tests.Library;
using Onetun.Tunnel;

namespace Onetun.Hosting.Tests;

/// <summary>A tunnel's life in a host.</summary>
public sealed class TunnelHostTests : IDisposable
{
    private readonly HostKeys _keys = new();
    private readonly LogLines _log = new();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Server_of_the_host_listens_in_the_tunnel_of_the_configuration()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(_log);
        builder.Configuration.AddInMemoryCollection(_keys.Settings("Tunnels:Office"));
        builder.Services.AddWireGuardTunnel("office", builder.Configuration.GetSection("Tunnels:Office"));
        builder.WebHost.UseTunnelTransport().ConfigureKestrel(kestrel => kestrel.ListenTunnel("office", 80));
        await using var application = builder.Build();
        application.Run(context => context.Response.WriteAsync("inside"));
        await application.StartAsync().Soon();
        var tunnel = application.Services.GetRequiredKeyedService<WireGuardTunnel>("office");
        await using var peer = await _keys.StartPeerAsync(tunnel.LocalEndPoint);
        using var client = new HttpClient(peer.CreateHttpHandler());

        Assert.Equal("inside", await client.GetStringAsync(Networks.Uri(80)).Soon());

        await application.StopAsync().Soon();
        Assert.Throws<ObjectDisposedException>(() => tunnel.Listen(80));
        Assert.Empty(_log.Of(LogLevel.Warning));
    }

    [Fact]
    public async Task Tunnel_is_up_before_services_start_and_until_they_have_stopped()
    {
        var builder = NewBuilder();
        builder.Services.AddSingleton<Observer>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Observer>()); // Before the tunnel, in order
        builder.Services.AddWireGuardTunnel("office", _keys.Fill);
        using var host = builder.Build();

        await host.StartAsync().Soon();
        await host.StopAsync().Soon();

        var observer = host.Services.GetRequiredService<Observer>();
        Assert.Equal(["started", "stopped"], observer.Seen);
    }

    [Fact]
    public async Task First_tunnel_is_there_without_its_name()
    {
        using var other = new HostKeys();
        var builder = NewBuilder();
        builder.Services.AddWireGuardTunnel("office", _keys.Fill);
        builder.Services.AddWireGuardTunnel("shop", other.Fill);
        using var host = builder.Build();
        await host.StartAsync().Soon();

        var office = host.Services.GetRequiredKeyedService<TunnelNetwork>("office");
        Assert.Same(office, host.Services.GetRequiredService<TunnelNetwork>());
        Assert.Same(office, host.Services.GetRequiredService<WireGuardTunnel>());
        Assert.Equal(other.Ours.PublicKey, host.Services.GetRequiredKeyedService<WireGuardTunnel>("shop").PublicKey);
        await host.StopAsync().Soon();
    }

    [Fact]
    public void Two_tunnels_of_one_name_are_refused()
    {
        var services = new ServiceCollection();
        services.AddWireGuardTunnel("office", _keys.Fill);

        Assert.Throws<ArgumentException>(() => services.AddWireGuardTunnel("office", _keys.Fill));
    }

    [Fact]
    public async Task Code_changes_what_the_configuration_does_not_say()
    {
        var builder = NewBuilder();
        builder.Services.AddWireGuardTunnel("office", _keys.Fill).Configure((options, _) => options with { Addresses = [Networks.ClientAddress] });
        using var host = builder.Build();
        await host.StartAsync().Soon();

        Assert.Equal(Networks.ClientAddress, host.Services.GetRequiredService<WireGuardTunnel>().Addresses.Single().Address);
        await host.StopAsync().Soon();
    }

    [Fact]
    public async Task Tunnel_without_options_says_so()
    {
        var builder = NewBuilder();
        builder.Services.AddWireGuardTunnel("office");
        using var host = builder.Build();

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains("The tunnel office has no options", error.Message, StringComparison.Ordinal);
    }

    private HostApplicationBuilder NewBuilder()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(_log);
        return builder;
    }

    private sealed class Observer([FromKeyedServices("office")] WireGuardTunnel tunnel) : IHostedService
    {
        public List<string> Seen { get; } = [];

        public Task StartAsync(CancellationToken cancellationToken) => SeeAsync("started");

        public Task StopAsync(CancellationToken cancellationToken) => SeeAsync("stopped");

        private async Task SeeAsync(string what)
        {
            await using var listener = tunnel.Listen(80); // Throws unless it is up
            Seen.Add(what);
        }
    }
}
