using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Onetun.Extensions.Http;
using Onetun.Tests.Library;
using Onetun.WireGuard;

namespace Onetun.AspNetCore.Tests;

/// <summary>Who a request came from.</summary>
public sealed class TunnelPeerTests : IAsyncLifetime
{
    private Networks _networks = null!;

    public async ValueTask InitializeAsync() => _networks = await Networks.StartAsync();

    public ValueTask DisposeAsync() => _networks.DisposeAsync();

    [Fact]
    public async Task Endpoint_knows_the_peer()
    {
        await using var server = await WebServer.StartAsync(_networks.Server, context =>
        {
            var feature = context.Features.Get<ITunnelConnectionFeature>()!;
            return context.Response.WriteAsync($"{feature.Peer} {feature.Network == _networks.Server} {context.Connection.RemoteIpAddress}");
        });

        Assert.Equal($"{_networks.Client.PublicKey} True {Networks.ClientAddress}", await GetAsync(server));
    }

    [Fact]
    public async Task Peer_without_a_name_is_known_by_its_key()
    {
        await using var server = await StartAsync(_ => { }, user =>
            $"{user.Identity!.AuthenticationType} {user.FindFirstValue(ClaimTypes.NameIdentifier)} {user.Identity.Name}");

        Assert.Equal($"TunnelPeer {_networks.Client.PublicKey} ", await GetAsync(server));
    }

    [Fact]
    public async Task Peer_with_a_name_has_its_roles_and_claims()
    {
        await using var server = await StartAsync(
            options =>
            {
                options.AddPeer(_networks.Client.PublicKey, "till-1", "till", "printer");
                options.FindClaims = key => [new Claim("shop", key == _networks.Client.PublicKey ? "7" : "none")];
            },
            user => $"{user.Identity!.Name} {user.IsInRole("till")} {user.IsInRole("admin")} {user.FindFirstValue("shop")}");

        Assert.Equal("till-1 True False 7", await GetAsync(server));
    }

    [Fact]
    public async Task Peer_without_a_name_is_refused_where_names_are_asked_for()
    {
        await using var server = await StartAsync(options => options.NamedPeersOnly = true, _ => "");
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());

        using var response = await client.GetAsync(server.Uri());

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Peer_whose_key_is_no_key_ends_the_start()
    {
        await Assert.ThrowsAsync<FormatException>(() => StartAsync(options => options.AddPeer(PublicKey.Parse("zz"), "alice"), _ => ""));
    }

    private Task<WebServer> StartAsync(Action<TunnelPeerOptions> configure, Func<ClaimsPrincipal, string> answer) => WebServer.StartAsync(
        _networks.Server,
        application =>
        {
            application.UseAuthentication();
            application.UseAuthorization();
            application.MapGet("/", [Authorize] (HttpContext context) => answer(context.User));
        },
        services: services =>
        {
            services.AddAuthentication(TunnelPeerDefaults.AuthenticationScheme).AddTunnelPeer(configure);
            services.AddAuthorization();
        });

    private async Task<string> GetAsync(WebServer server)
    {
        using var client = new HttpClient(_networks.Client.CreateHttpHandler());
        return await client.GetStringAsync(server.Uri()).Soon();
    }
}
