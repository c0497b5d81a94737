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
internal sealed class RemoteTcpForward(IPEndPoint source, IPEndPoint destination, ILogger logger) : IForward
{
    private readonly ConnectionSet _connections = new(logger);
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;

    public IPEndPoint Source { get; private set; } = source;

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
                _connections.Add(ServeAsync(await listener.AcceptAsync().ConfigureAwait(false)));
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
        var socket = new Socket(destination.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(destination, _connections.Reset).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Traffic.Fail();
            logger.ConnectFailed(accepted.RemoteEndPoint, destination, error.Message);
            socket.Dispose();
            client.Abort();
            await client.DisposeAsync().ConfigureAwait(false);
            return;
        }

        var port = accepted.LocalEndPoint.Port;
        logger.IncomingConnection(port, accepted.RemoteEndPoint);
        var server = new LocalConnection(socket);
        await RelayedConnection.RunAsync(client, server, port, Traffic, logger, _connections.Reset)
            .ConfigureAwait(false);
    }
}
