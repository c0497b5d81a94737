using Onetun.Extensions.Http;
using Onetun.Tunnel;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Clients of <see cref="IHttpClientFactory"/> through a network of the process.</summary>
public static class TunnelHttpClientBuilderExtensions
{
    /// <summary>Has the client's requests go through the network that is a service of a name.</summary>
    /// <param name="builder">The client.</param>
    /// <param name="name">The key of a <see cref="TunnelNetwork"/>, which the first request asks for.</param>
    /// <inheritdoc cref="UseTunnel(IHttpClientBuilder, TunnelNetwork)"/>
    public static IHttpClientBuilder UseTunnel(this IHttpClientBuilder builder, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return builder.UseTunnel(services => services.GetKeyedService<TunnelNetwork>(name)
            ?? throw new InvalidOperationException($"There is no network {name} among the services: AddWireGuardTunnel(\"{name}\", …) adds it."));
    }

    /// <summary>
    /// Has the client's requests go through a network, as those of
    /// <see cref="TunnelHttpExtensions.CreateHttpHandler"/> do. What else <c>UseSocketsHttpHandler</c> configures stays.
    /// </summary>
    /// <param name="builder">The client.</param>
    /// <param name="network">The network.</param>
    /// <returns>The builder.</returns>
    public static IHttpClientBuilder UseTunnel(this IHttpClientBuilder builder, TunnelNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return builder.UseTunnel(_ => network);
    }

    private static IHttpClientBuilder UseTunnel(this IHttpClientBuilder builder, Func<IServiceProvider, TunnelNetwork> find)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .UseSocketsHttpHandler((handler, services) => handler.ConnectThrough(find(services)))
            .AddHttpMessageHandler(static () => new StreamsOnlyHandler());
    }
}
