using System.Net;
using Onetun.NetStack;

namespace Onetun.Tunnel;

/// <summary>A WireGuard peer with a TCP/IP stack of its own, in this process.</summary>
public sealed class WireGuardTunnel : IAsyncDisposable
{
    /// <summary>Binds the UDP socket and starts. Handshakes start with the first packet, or with persistent keepalive.</summary>
    /// <exception cref="ArgumentException">The options contradict themselves.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The UDP socket cannot be bound.</exception>
    public static Task<WireGuardTunnel> StartAsync(TunnelOptions options, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Where the UDP socket is bound.</summary>
    public IPEndPoint LocalEndPoint => throw new NotSupportedException();

    /// <summary>Opens a connection to a host behind the tunnel.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">Refused, unreachable or timed out (after 60 s of unanswered SYNs).</exception>
    public Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    /// <summary>Listens on all our addresses inside the tunnel.</summary>
    /// <param name="port">0 for any free one.</param>
    public TcpListener ListenTcp(int port) => throw new NotSupportedException();

    /// <summary>
    /// Lets closed connections deliver what they still hold, for at most the time given, then disposes the tunnel.
    /// </summary>
    public Task StopAsync(TimeSpan drain) => throw new NotSupportedException();

    /// <summary>Ends at once: resets connections, zeroes keys, closes the UDP socket.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
