using System.IO.Pipelines;
using System.Net;

namespace Onetun.NetStack;

/// <summary>
/// A TCP connection inside the tunnel, as a pair of pipes. What the application has not consumed from
/// <see cref="Input"/> keeps the receive window shut; what the peer has not acknowledged keeps the flush of
/// <see cref="Output"/> waiting. Completing <see cref="Output"/> sends FIN and leaves <see cref="Input"/> open
/// (half-close); completing it with an exception sends RST. A connection that ends badly throws
/// <see cref="System.Net.Sockets.SocketException"/> from reads and flushes.
/// </summary>
public sealed class TcpSocket : IDuplexPipe, IAsyncDisposable
{
    /// <inheritdoc/>
    public PipeReader Input => throw new NotSupportedException();

    /// <inheritdoc/>
    public PipeWriter Output => throw new NotSupportedException();

    /// <summary>Our end.</summary>
    public IPEndPoint LocalEndPoint => throw new NotSupportedException();

    /// <summary>The peer's end.</summary>
    public IPEndPoint RemoteEndPoint => throw new NotSupportedException();

    /// <summary>Ends the connection at once with RST. Idempotent.</summary>
    public void Abort() => throw new NotSupportedException();

    /// <summary>The connection as a stream.</summary>
    public Stream AsStream() => throw new NotSupportedException();

    /// <summary>Closes both directions: FIN after what is buffered, or RST when received data is left unread.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
