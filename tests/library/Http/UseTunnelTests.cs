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
