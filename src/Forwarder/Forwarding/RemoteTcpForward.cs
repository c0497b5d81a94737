using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using TcpListener = Onetun.NetStack.TcpListener;

namespace Onetun.Forwarder.Forwarding;

/// <summary>
/// Carries the connections of a port of our address in the WireGuard network to one destination on this side.
/// </summary>
internal sealed class RemoteTcpForward : IForward
{
    private readonly IPEndPoint _destination;
    private readonly ILogger _logger;
    private readonly ConnectionSet _connections;
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public RemoteTcpForward(IPEndPoint source, IPEndPoint destination, TcpLimits limits, ILogger logger)
    {
        Source = source;
        _destination = destination;
        _logger = logger;
        _connections = new ConnectionSet(Traffic, limits, logger);
    }

    public IPEndPoint Source { get; private set; }

    public Traffic Traffic { get; } = new();

    public void Start(WireGuardTunnel tunnel)
    {
        _listener = tunnel.ListenTcp(Source.Port);
        Source = new IPEndPoint(Source.Address, _listener.LocalEndPoint.Port);
        _accepting = AcceptAsync(_listener);
    }

    public async Task StopAsync(CancellationToken hurry)
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync().ConfigureAwait(false);
        }

        await _accepting.ConfigureAwait(false);
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
        var socket = new Socket(_destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(_destination, _connections.Reset).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Traffic.Fail();
            _logger.ConnectFailed(accepted.RemoteEndPoint, _destination, error.Message);
            socket.Dispose();
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
