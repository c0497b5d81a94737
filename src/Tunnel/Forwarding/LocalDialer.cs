using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Names;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Connects to hosts on this side by address or by name, which the system resolves, and to Unix-domain sockets.</summary>
internal sealed class LocalDialer(NameCache names)
{
    /// <exception cref="SocketException">The name has no address, or nothing answers.</exception>
    public async Task<Socket> ConnectTcpAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        if (UnixSocket.Is(destination))
        {
            return await UnixStream.ConnectAsync(destination, cancellationToken).ConfigureAwait(false);
        }

        var endPoints = await names.FindAsync(destination, cancellationToken).ConfigureAwait(false);
        return await Attempts.FirstAsync(endPoints, ConnectAsync, Discard, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="SocketException">The name has no address, or there is no way there.</exception>
    public async ValueTask<Socket> ConnectUdpAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        var endPoints = await names.FindAsync(destination, cancellationToken).ConfigureAwait(false);
        return DatagramSocket.Connect(endPoints[0]);
    }

    private static ValueTask Discard(Socket late)
    {
        late.Dispose();
        return default;
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            LocalConnection.KeepAlive(socket);
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
