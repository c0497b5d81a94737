using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using TcpListener = Onetun.NetStack.TcpListener;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Carries the connections of a port of our address in the WireGuard network to one destination on this side.
/// </summary>
internal sealed class RemoteTcpForward : IForward
{
    private readonly EndPoint _destination;
    private readonly LocalDialer _local;
    private readonly ILogger _logger;
    private readonly ConnectionSet _connections;
    private IPEndPoint _source;
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public RemoteTcpForward(
        IPEndPoint source, EndPoint destination, LocalDialer local, TcpLimits limits, ILogger logger)
    {
        _source = source;
        _destination = destination;
        _local = local;
        _logger = logger;
        _connections = new ConnectionSet(Traffic, limits, logger);
    }

    public EndPoint Source => _source;

    public Traffic Traffic { get; } = new();

    public void Start(TunnelDialer tunnel)
    {
        _listener = tunnel.Tunnel.ListenTcp(_source.Port);
        _source = new IPEndPoint(_source.Address, _listener.LocalEndPoint.Port);
        _accepting = AcceptAsync(_listener);
    }

    public async Task CloseAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        await _accepting.ConfigureAwait(false);
    }

    public async Task StopAsync(CancellationToken hurry)
    {
        await CloseAsync().ConfigureAwait(false);
        await _connections.DrainAsync(hurry).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _connections.Dispose();
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var accepted = await listener.AcceptAsync().ConfigureAwait(false);
                if (_connections.HasRoom(accepted.RemoteEndPoint))
                {
                    _connections.Add(ServeAsync(accepted));
                }
                else
                {
                    accepted.Abort();
                    await accepted.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (SocketException)
        {
            // The listener has ended, with us or with the tunnel.
        }
    }

    private async Task ServeAsync(TcpSocket accepted)
    {
        var client = new TunnelConnection(accepted);
        Socket socket;
        try
        {
            socket = await _local.ConnectTcpAsync(_destination, _connections.Reset).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Traffic.Fail();
            _logger.ConnectFailed(accepted.RemoteEndPoint, _destination, error.Message);
            client.Abort();
            await client.DisposeAsync().ConfigureAwait(false);
            return;
        }

        var port = accepted.LocalEndPoint.Port;
        _logger.IncomingConnection(port, accepted.RemoteEndPoint);
        var server = new LocalConnection(socket);
        await _connections.RelayAsync(client, server, port).ConfigureAwait(false);
    }
}
