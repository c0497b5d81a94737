using Microsoft.Extensions.Http;
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
    /// <see cref="TunnelHttpExtensions.CreateHttpHandler"/> do. What else <c>UseSocketsHttpHandler</c> or
    /// <c>ConfigurePrimaryHttpMessageHandler</c> configures stays, before this or after. A client whose primary handler is no
    /// <see cref="SocketsHttpHandler"/> cannot be made: that is an <see cref="InvalidOperationException"/>.
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
        // After all else that is configured, in any order: a primary handler that comes later would leave the network
        builder.Services.PostConfigure<HttpClientFactoryOptions>(builder.Name, options => options.HttpMessageHandlerBuilderActions.Add(handlers =>
        {
            SocketsOf(handlers).ConnectThrough(find(handlers.Services));
            handlers.AdditionalHandlers.Add(new StreamsOnlyHandler());
        }));
        return builder;
    }

    private static SocketsHttpHandler SocketsOf(HttpMessageHandlerBuilder handlers) => handlers.PrimaryHandler as SocketsHttpHandler
        ?? throw new InvalidOperationException(
            $"The client {handlers.Name} cannot go through a network: its primary handler is a {handlers.PrimaryHandler.GetType().Name}, " +
            $"and {nameof(UseTunnel)} needs a {nameof(SocketsHttpHandler)}.");
}
