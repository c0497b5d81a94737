using System.Net;

namespace Onetun.NetStack;

/// <summary>
/// Accepts sockets on a port of one or all addresses of the stack: established TCP connections, or a flow of datagrams for each new
/// sender, with its first datagram.
/// </summary>
/// <typeparam name="TSocket"><see cref="TcpSocket"/> or <see cref="UdpSocket"/>.</typeparam>
public sealed class SocketListener<TSocket> : IAsyncDisposable, IPendingOwner<bool>
    where TSocket : class
{
    private readonly StackDriver _driver;
    private readonly ListenEnd _end;
    private readonly Func<TSocket?> _take;
    private readonly Func<bool> _isClosed;
    private readonly Action _close;
    private readonly Pending<bool> _pending;

    internal SocketListener(StackDriver driver, ListenEnd end, Func<TSocket?> take, Func<bool> isClosed, Action close)
    {
        _driver = driver;
        _end = end;
        _take = take;
        _isClosed = isClosed;
        _close = close;
        _pending = new Pending<bool>(driver, this);
    }

    /// <summary>The address, for all of them the first one of the stack, and the port.</summary>
    public IPEndPoint LocalEndPoint =>
        new(_end.Address.IsUnspecified ? _driver.Stack.Options.Addresses[0].Address : _end.Address.ToIPAddress(), _end.Port);

    /// <summary>Wakes the waiter: a socket was queued, or the listener was closed.</summary>
    internal Signal Signal => _pending;

    /// <summary>
    /// Waits for the next socket; null once the listener, or its driver, is closed. One call may wait at a time.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait; no socket is lost.</param>
    /// <exception cref="InvalidOperationException">Another call is waiting.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<TSocket?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            short version;
            lock (_driver.Lock)
            {
                if (_isClosed())
                {
                    return null;
                }

                if (_take() is { } socket)
                {
                    return socket;
                }

                version = _pending.Arm(cancellationToken);
            }

            await _pending.Begin(version, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Stops listening. Connections not yet accepted are reset, and flows not yet accepted are closed; accepted ones live on.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        if (!_isClosed())
        {
            _close();
            _driver.Wake(Signal);
        }

        return ValueTask.CompletedTask;
    }

    bool IPendingOwner<bool>.Finish(CancellationToken cancellationToken) => true; // AcceptAsync looks again
}
