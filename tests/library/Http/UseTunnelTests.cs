using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Onetun.Tests.Library;
using Onetun.Tunnel;

namespace Onetun.Http.Tests;

/// <summary>Clients of a factory.</summary>
public sealed class UseTunnelTests
{
    [Theory, InlineData(true), InlineData(false)]
    public async Task Client_of_a_factory_goes_through_its_network(bool isByName)
    {
        await using var networks = await Networks.StartAsync();
        await using var server = await WebServer.StartAsync(networks.Server, context => context.Response.WriteAsync("inside"));
        var services = new ServiceCollection().AddKeyedSingleton<TunnelNetwork>("office", networks.Client);
        var builder = services.AddHttpClient("crm");
        builder = isByName ? builder.UseTunnel("office") : builder.UseTunnel(networks.Client);
        builder.UseSocketsHttpHandler((handler, _) => handler.UseCookies = false);
        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("crm");

        Assert.Equal("inside", await client.GetStringAsync(server.Uri()));
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Primary_handler_of_the_client_goes_through_the_network(bool isAfter)
    {
        await using var networks = await Networks.StartAsync();
        await using var server = await WebServer.StartAsync(networks.Server, context => context.Response.WriteAsync("inside"));
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        var services = new ServiceCollection();
        var builder = services.AddHttpClient("crm");
        builder = isAfter ? builder : builder.ConfigurePrimaryHttpMessageHandler(() => handler);
        builder = builder.UseTunnel(networks.Client);
        builder = isAfter ? builder.ConfigurePrimaryHttpMessageHandler(() => handler) : builder;
        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("crm");

        Assert.Equal("inside", await client.GetStringAsync(server.Uri()).Soon());
        Assert.False(handler.UseProxy);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Primary_handler_that_has_no_way_into_the_network_is_refused(bool isAfter)
    {
        await using var networks = await Networks.StartAsync();
        var services = new ServiceCollection();
        var builder = services.AddHttpClient("crm");
        builder = isAfter ? builder : builder.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler());
        builder = builder.UseTunnel(networks.Client);
        builder = isAfter ? builder.ConfigurePrimaryHttpMessageHandler(() => new HttpClientHandler()) : builder;
        await using var provider = services.BuildServiceProvider();

        var error = Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("crm"));

        Assert.Contains("The client crm cannot go through a network: its primary handler is a HttpClientHandler", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_by_default_go_through_the_network()
    {
        await using var networks = await Networks.StartAsync();
        await using var server = await WebServer.StartAsync(networks.Server, context => context.Response.WriteAsync("inside"));
        var services = new ServiceCollection();
        services.AddHttpClient("crm").ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler());
        services.ConfigureHttpClientDefaults(builder => builder.UseTunnel(networks.Client));
        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("crm");

        Assert.Equal("inside", await client.GetStringAsync(server.Uri()).Soon());
    }

    [Fact]
    public async Task Client_of_a_factory_is_kept_from_http3()
    {
        await using var networks = await Networks.StartAsync();
        var services = new ServiceCollection();
        services.AddHttpClient("crm").UseTunnel(networks.Client);
        await using var provider = services.BuildServiceProvider();
        using var client = provider.GetRequiredService<IHttpClientFactory>().CreateClient("crm");
        client.DefaultRequestVersion = System.Net.HttpVersion.Version30;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("https://localhost:1/")));

        Assert.Equal(HttpRequestError.VersionNegotiationError, error.HttpRequestError);
    }
}
