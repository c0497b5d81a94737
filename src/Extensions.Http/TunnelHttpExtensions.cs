using Onetun.Tunnel;

namespace Onetun.Extensions.Http;

/// <summary>HTTP through a network of the process.</summary>
public static class TunnelHttpExtensions
{
    /// <summary>
    /// A handler whose requests go through the network, where the names of their hosts are looked up: HTTP/1.1 and HTTP/2, with or
    /// without TLS, by no proxy. What cannot be connected to is an <see cref="HttpRequestException"/> with the
    /// <see cref="System.Net.Sockets.SocketException"/> inside. HTTP/3 has no way into the network, so requests that insist on it fail,
    /// and others are sent by HTTP/2 at most (<see cref="HttpRequestMessage.VersionPolicy"/>).
    /// </summary>
    /// <param name="network">The network, which does not end with the handler.</param>
    /// <param name="configure">
    /// Changes the handler below, for one client: cookies, credentials, TLS, how long connections are kept. Default null: as .NET has
    /// it.
    /// </param>
    /// <returns>For an <see cref="HttpClient"/>, which disposes it.</returns>
    public static HttpMessageHandler CreateHttpHandler(this TunnelNetwork network, Action<SocketsHttpHandler>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        var handler = new SocketsHttpHandler();
        configure?.Invoke(handler);
        handler.ConnectThrough(network);
        return new StreamsOnlyHandler { InnerHandler = handler };
    }

    /// <summary>Has all connections of a handler opened in a network.</summary>
    internal static void ConnectThrough(this SocketsHttpHandler handler, TunnelNetwork network)
    {
        handler.UseProxy = false;
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var connection = await network.ConnectAsync(context.DnsEndPoint, cancellationToken: cancellationToken).ConfigureAwait(false);
            return connection.AsStream();
        };
    }
}
