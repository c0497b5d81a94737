using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Stream sockets of the Unix domain, by which processes of this machine reach each other.</summary>
internal static class UnixStream
{
    public static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <summary>A connection to whoever listens there.</summary>
    /// <exception cref="SocketException">Nobody does.</exception>
    /// <exception cref="ArgumentException">The path is too long for a socket.</exception>
    public static Task<Socket> ConnectAsync(string path, CancellationToken cancellationToken) =>
        ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);

    /// <inheritdoc cref="ConnectAsync(string, CancellationToken)" path="/summary"/>
    /// <exception cref="SocketException">Nobody does.</exception>
    public static async Task<Socket> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = Create();
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="SocketException">The other end is gone.</exception>
    public static async Task SendAllAsync(this Socket socket, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }
}
