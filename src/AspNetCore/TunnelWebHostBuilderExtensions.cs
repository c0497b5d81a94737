using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Onetun.AspNetCore;
using Onetun.Tunnel;
using KestrelListenOptions = Microsoft.AspNetCore.Server.Kestrel.Core.ListenOptions;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Kestrel inside networks of the process.</summary>
public static class TunnelWebHostBuilderExtensions
{
    /// <summary>Lets Kestrel listen in networks of the process, beside its other endpoints.</summary>
    /// <param name="builder">The web host, as in <c>WebApplicationBuilder.WebHost</c>.</param>
    /// <returns>The builder.</returns>
    public static IWebHostBuilder UseTunnelTransport(this IWebHostBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(static services =>
        {
            // Kestrel adds its own only where there is no other yet
            services.TryAddSingleton<IConnectionListenerFactory, SocketTransportFactory>();
            services.TryAddEnumerable(ServiceDescriptor.Singleton<IConnectionListenerFactory, TunnelTransportFactory>());
        });
    }

    /// <summary>Listens on a port of all our addresses in the network that is a service of a name.</summary>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="network">The key of a <see cref="TunnelNetwork"/>, which is asked for when the server starts.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="InvalidOperationException"><see cref="UseTunnelTransport"/> was not called.</exception>
    public static void ListenTunnel(this KestrelServerOptions options, string network, int port) =>
        options.ListenTunnel(network, port, static _ => { });

    /// <inheritdoc cref="ListenTunnel(KestrelServerOptions, string, int)"/>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="network">The key of a <see cref="TunnelNetwork"/>, which is asked for when the server starts.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <param name="configure">TLS, protocols, and what else an endpoint of Kestrel has. HTTP/3 is none of them: only TCP is carried.</param>
    public static void ListenTunnel(
        this KestrelServerOptions options, string network, int port, Action<KestrelListenOptions> configure) =>
        options.ListenTunnel(new TunnelEndPoint(network, port), configure);

    /// <summary>Listens on a port of all our addresses in a network.</summary>
    /// <inheritdoc cref="ListenTunnel(KestrelServerOptions, string, int)"/>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="network">The network, which does not end with the server.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    public static void ListenTunnel(this KestrelServerOptions options, TunnelNetwork network, int port) =>
        options.ListenTunnel(network, port, static _ => { });

    /// <inheritdoc cref="ListenTunnel(KestrelServerOptions, TunnelNetwork, int)"/>
    /// <param name="options">Kestrel's options.</param>
    /// <param name="network">The network, which does not end with the server.</param>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <param name="configure">TLS, protocols, and what else an endpoint of Kestrel has. HTTP/3 is none of them: only TCP is carried.</param>
    public static void ListenTunnel(
        this KestrelServerOptions options, TunnelNetwork network, int port, Action<KestrelListenOptions> configure) =>
        options.ListenTunnel(new TunnelEndPoint(network, port), configure);

    private static void ListenTunnel(
        this KestrelServerOptions options, TunnelEndPoint endPoint, Action<KestrelListenOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configure);
        if (!options.ApplicationServices.GetServices<IConnectionListenerFactory>().Any(factory => factory is TunnelTransportFactory))
        {
            throw new InvalidOperationException($"Kestrel has no transport for networks: call {nameof(UseTunnelTransport)} on the web host.");
        }

        options.Listen(endPoint, listen =>
        {
            configure(listen);
            LeaveOutQuic(listen);
        });
    }

    // Kestrel would ask for a QUIC listener beside one with TLS, which no transport has. Where there is no TLS it does not, and warns of all that is set.
    private static void LeaveOutQuic(KestrelListenOptions listen)
    {
        if (listen.ToString()!.StartsWith("https:", StringComparison.Ordinal))
        {
            listen.Protocols &= ~HttpProtocols.Http3;
        }
    }
}
