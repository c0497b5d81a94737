using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using Onetun.Tunnel.Resources;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// Carries the connections of a port of our address in the WireGuard network to one destination on this side.
/// </summary>
internal sealed class RemoteTcpForward : IForward
{
    private readonly EndPoint _destination;
    private readonly LocalDialer _local;
    private readonly ILogger _logger;
    private readonly ConnectionSet _connections;
    private readonly CancellationTokenSource _stopping = new();
    private IPEndPoint _source;
    private SocketListener<TcpSocket>? _listener;
    private Task _accepting = Task.CompletedTask;

    public RemoteTcpForward(
        IPEndPoint source,
        EndPoint destination,
        LocalDialer local,
        TcpLimits limits,
        ILogger logger,
        DescriptorBudget? descriptors = null)
    {
        _source = source;
        _destination = destination;
        _local = local;
        _logger = logger;
        _connections = new ConnectionSet(Traffic, limits, logger, descriptors: descriptors);
    }

    public EndPoint Source => _source;

    public Traffic Traffic { get; } = new();

    public void Start(TunnelDialer tunnel)
    {
        _listener = tunnel.Tunnel.ListenTcp(_source);
        _source = _listener.LocalEndPoint;
        _accepting = AcceptAsync(_listener, tunnel.Tunnel);
    }

    public async Task CloseAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
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
        _stopping.Dispose();
    }

    private async Task AcceptAsync(SocketListener<TcpSocket> listener, TunnelNetwork tunnel)
    {
        try
        {
            while (true)
            {
                // The descriptor is for the connection on this side; until there is one, the peer waits in the backlog.
                await _connections.Descriptors.TakeAsync(_source, _stopping.Token).ConfigureAwait(false);
                if (await listener.AcceptAsync().ConfigureAwait(false) is not { } accepted)
                {
                    return; // It has ended, with us or with the tunnel; what it took goes with the set
                }

                _ = ServeAsync(accepted, tunnel);
            }
        }
        catch (OperationCanceledException)
        {
            // We end
        }
    }

    private async Task ServeAsync(TcpSocket accepted, TunnelNetwork tunnel)
    {
        var hasRoom = _connections.Begin(accepted.RemoteEndPoint);
        try
        {
            var client = new TunnelEnd(accepted);
            await using (client.ConfigureAwait(false))
            {
                if (!hasRoom
                    || await ConnectAsync(accepted.RemoteEndPoint).ConfigureAwait(false) is not { } socket)
                {
                    client.Abort();
                    return;
                }

                using (socket)
                {
                    var port = client.LocalPort;
                    _logger.IncomingConnection(port, accepted.RemoteEndPoint);
                    await _connections.RelayAsync(client, new LocalConnection(socket, tunnel), port).ConfigureAwait(false);
                }
            }
        }
#pragma warning disable CA1031 // One connection's fault ends that connection.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _connections.Fault(bug);
        }
        finally
        {
            _connections.End();
        }
    }

    private async Task<Socket?> ConnectAsync(IPEndPoint client)
    {
        try
        {
            return await _local.ConnectTcpAsync(_destination, _connections.Reset).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Traffic.Fail();
            _logger.ConnectFailed(client, _destination, error.Message);
            return null;
        }
    }
}
