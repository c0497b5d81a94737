using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Onetun.Forwarder.Forwarding;

/// <summary>One client's connection, from accept to end.</summary>
internal sealed class ForwardedConnection(Socket socket, IPEndPoint destination, ILogger logger)
{
    private readonly EndPoint? _client = socket.RemoteEndPoint;

    /// <summary>Connects and relays until both sides have ended, or resets both when told to.</summary>
    public async Task RunAsync(Connector connect, CancellationToken reset)
    {
        // Nothing is read from the client before the server has answered: until then its own kernel holds it back.
        if (await ConnectAsync(connect, reset).ConfigureAwait(false) is { } server)
        {
            await RelayAsync(server, reset).ConfigureAwait(false);
        }
    }

    private async Task<TunnelConnection?> ConnectAsync(Connector connect, CancellationToken reset)
    {
        try
        {
            return await connect(destination, reset).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            logger.ConnectFailed(_client, destination, error.Message);
            LocalConnection.Reset(socket);
            return null;
        }
    }

    private async Task RelayAsync(TunnelConnection server, CancellationToken reset)
    {
        var port = server.LocalPort;
        logger.IncomingConnection(port, _client);
        var client = new LocalConnection(socket);
        await using (client.ConfigureAwait(false))
        await using (server.ConfigureAwait(false))
        {
            // .. breaking one side makes the relay break the other
            using var resetting = reset.UnsafeRegister(static client => ((LocalConnection)client!).Abort(), client);
            logger.ConnectionEnded(port, await Relay.RunAsync(client, server).ConfigureAwait(false));
        }
    }
}
