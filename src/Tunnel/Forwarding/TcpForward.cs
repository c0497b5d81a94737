using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Resources;
using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Carries the connections of a local port to one destination behind the tunnel.</summary>
internal sealed class TcpForward : IForward
{
    private readonly ConnectionSet _connections;
    private readonly LocalListener _listener;
    private readonly EndPoint _destination;
    private readonly ILogger _logger;

    /// <summary>Takes the port.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public TcpForward(
        EndPoint source, EndPoint destination, TcpLimits limits, ILogger logger, DescriptorBudget? descriptors = null)
    {
        _connections = new ConnectionSet(Traffic, limits, logger, descriptors: descriptors);
        _listener = LocalListener.Bind(source, _connections, logger);
        _destination = destination;
        _logger = logger;
    }

    public EndPoint Source => _listener.EndPoint;

    public Traffic Traffic { get; } = new();

    // Looking up a name may take the thread that drives the tunnel for longer than it has to spare.
    public void Start(TunnelDialer tunnel) =>
        _listener.Start(socket => ServeAsync(tunnel, socket), _destination is IPEndPoint ? tunnel.Tunnel : null);

    public Task CloseAsync() => _listener.CloseAsync();

    public Task StopAsync(CancellationToken hurry) => _listener.StopAsync(hurry);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TunnelDialer tunnel, Socket socket)
    {
        // A client of a Unix-domain socket has no name.
        var client = socket.RemoteEndPoint is IPEndPoint named ? MappedAddress.Unmap(named) : Source;
        TunnelEnd server;
        try
        {
            // Nothing is read from the client before the server has answered: until then its own kernel holds it back.
            server = await tunnel.ConnectTcpAsync(_destination, _listener.Stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            LocalConnection.Reset(socket);
            return;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Traffic.Fail();
            _logger.ConnectFailed(client, _destination, error.Message);
            LocalConnection.Reset(socket);
            return;
        }

        var port = server.LocalPort;
        _logger.IncomingConnection(port, client);
        await _connections.RelayAsync(new LocalConnection(socket, tunnel.Tunnel), server, port).ConfigureAwait(false);
    }
}
