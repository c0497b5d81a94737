using System.IO.Pipelines;
using System.Net;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A TCP connection in a network, as a pair of pipes or as a stream. It fails as .NET's own network streams do: reads and writes throw an
/// <see cref="IOException"/> with a <see cref="System.Net.Sockets.SocketException"/> inside, after everything that arrived before has been read
/// (<see cref="TcpSocket"/>).
/// </summary>
public sealed class TunnelConnection : IDuplexPipe, IAsyncDisposable
{
    internal TunnelConnection(TunnelNetwork network, TcpSocket socket, PublicKey? peer)
    {
        (Network, Socket, Peer) = (network, socket, peer);
    }

    /// <summary>The network that it is in, which does not end with it.</summary>
    public TunnelNetwork Network { get; }

    /// <summary>
    /// The public key of the member that had the other end's address when the connection was opened: WireGuard has authenticated all that comes
    /// from there. Of one that routes for others, as a hub does, the key says no more than that: who is behind it is its word. Our own for a
    /// connection to ourselves; null if nobody has the address any more.
    /// </summary>
    public PublicKey? Peer { get; }

    /// <summary>What arrives. What is not consumed holds the sender back.</summary>
    public PipeReader Input => Socket.Input;

    /// <summary>What is sent. Completing it sends FIN, and leaves <see cref="Input"/> open.</summary>
    public PipeWriter Output => Socket.Output;

    /// <summary>Our address and port.</summary>
    public IPEndPoint LocalEndPoint => Socket.LocalEndPoint;

    /// <summary>The other end's address and port.</summary>
    public IPEndPoint RemoteEndPoint => Socket.RemoteEndPoint;

    /// <summary>Cancelled once the other end has closed its direction, or the connection has ended, also if nobody reads.</summary>
    public CancellationToken Closed => Socket.Closed;

    /// <summary>What it measures and counts, like Linux's TCP_INFO; its last state if it has ended.</summary>
    public TcpStatistics Statistics => Socket.GetStatistics();

    internal TcpSocket Socket { get; }

    /// <summary>Both pipes as one stream. Disposing that disposes the connection.</summary>
    public Stream AsStream() => Socket.AsStream();

    /// <inheritdoc cref="TcpSocket.CloseWriteAsync"/>
    public ValueTask CloseWriteAsync(CancellationToken cancellationToken = default) => Socket.CloseWriteAsync(cancellationToken);

    /// <summary>Ends it at once with a reset. Idempotent.</summary>
    public void Abort() => Socket.Abort();

    /// <summary>
    /// Closes it, and waits until the other end has all that was written, for at most <see cref="ConnectOptions.Linger"/>. What still arrives is
    /// discarded.
    /// </summary>
    public ValueTask DisposeAsync() => Socket.DisposeAsync();
}
