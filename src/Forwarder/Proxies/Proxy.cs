using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Names;

namespace Onetun.Forwarder.Proxies;

/// <summary>Carries the connections of a local port to wherever behind the tunnel each client asks for.</summary>
internal sealed class Proxy : IAsyncDisposable
{
    // A client that connects and says nothing gives its place up.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);

    private readonly ConnectionSet _connections;
    private readonly LocalListener _listener;
    private readonly IProxyProtocol _protocol;
    private readonly ILogger _logger;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public Proxy(IPEndPoint source, IProxyProtocol protocol, TcpLimits limits, ILogger logger)
    {
        _connections = new ConnectionSet(Traffic, limits, logger);
        _listener = LocalListener.Bind(source, _connections, logger);
        _protocol = protocol;
        _logger = logger;
    }

    public string Name => _protocol.Name;

    public EndPoint Source => _listener.EndPoint;

    public Traffic Traffic { get; } = new();

    public void Start(TunnelDialer dialer) => _listener.Start(socket => ServeAsync(dialer, socket));

    public Task StopAsync(CancellationToken hurry) => _listener.StopAsync(hurry);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TunnelDialer dialer, Socket socket)
    {
        var reset = _connections.Reset;
        var address = socket.RemoteEndPoint;
        var client = new LocalConnection(socket);
        await using (client.ConfigureAwait(false))
        {
            try
            {
                if (await ConnectAsync(dialer, client, address, reset).ConfigureAwait(false) is { } server)
                {
                    var port = server.LocalPort;
                    _logger.IncomingConnection(port, address);
                    await _connections.RelayAsync(client, server, port).ConfigureAwait(false);
                }
            }
            catch (Exception error)
                when (error is IOException or SocketException or OperationCanceledException or InvalidDataException)
            {
                _logger.ProxyRequestFailed(_protocol.Name, address, error.Message);
                client.Abort();
            }
        }
    }

    private async Task<TunnelConnection?> ConnectAsync(
        TunnelDialer dialer, LocalConnection client, EndPoint? address, CancellationToken reset)
    {
        if (await ReadRequestAsync(client, reset).ConfigureAwait(false) is not { } request)
        {
            await client.EndOutputAsync().ConfigureAwait(false);
            return null;
        }

        var destination = NamedEndPoint.Of(request.Host, request.Port);
        TunnelConnection server;
        try
        {
            server = await dialer.ConnectTcpAsync(destination, reset).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            Traffic.Fail();
            _logger.ConnectFailed(address, destination, error.Message);
            await _protocol.RefuseAsync(client, request, error.SocketErrorCode).ConfigureAwait(false);
            await client.EndOutputAsync().ConfigureAwait(false);
            return null;
        }

        try
        {
            await _protocol.AcceptAsync(client, request).ConfigureAwait(false);
            await server.WriteAsync(request.Head).ConfigureAwait(false);
            return server;
        }
        catch
        {
            server.Abort();
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task<ProxyRequest?> ReadRequestAsync(LocalConnection client, CancellationToken reset)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(reset);
        patience.CancelAfter(RequestTimeout);
        return await _protocol.ReadRequestAsync(client, patience.Token).ConfigureAwait(false);
    }
}
