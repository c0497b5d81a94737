using System.Net;
using System.Runtime.CompilerServices;
using Onetun.NetStack;

namespace Onetun.Tunnel;

/// <summary>Takes the TCP connections of a port in a network.</summary>
public sealed class TunnelListener : IAsyncDisposable
{
    private readonly TunnelNetwork _network;
    private readonly SocketListener<TcpSocket> _listener;
    private readonly ListenOptions _options;

    internal TunnelListener(TunnelNetwork network, SocketListener<TcpSocket> listener, ListenOptions options)
    {
        (_network, _listener, _options) = (network, listener, options);
    }

    /// <summary>The address, for all of them the first one of ours, and the port.</summary>
    public IPEndPoint LocalEndPoint => _listener.LocalEndPoint;

    /// <summary>Waits for the next connection; null once the listener, or its network, has ended. One call may wait at a time.</summary>
    /// <param name="cancellationToken">Ends the wait; no connection is lost.</param>
    /// <exception cref="InvalidOperationException">Another call is waiting.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<TunnelConnection?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } socket
            ? _network.Wrap(socket, _options.Socket, _options.Linger)
            : null;

    /// <summary>All connections, until the listener, or its network, ends.</summary>
    /// <inheritdoc cref="AcceptAsync"/>
    public async IAsyncEnumerable<TunnelConnection> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
        {
            yield return connection;
        }
    }

    /// <summary>Stops listening. Connections not yet accepted are reset; accepted ones live on.</summary>
    public ValueTask DisposeAsync() => _listener.DisposeAsync();
}
