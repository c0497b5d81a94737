using System.Net;

namespace Onetun.NetStack;

/// <summary>Accepts TCP connections on a port of all addresses inside the tunnel.</summary>
public sealed class TcpListener : IAsyncDisposable
{
    private readonly StackDriver _driver;
    private readonly ListenQueue _queue;
    private readonly Acceptor<TcpSocket> _acceptor;

    internal TcpListener(StackDriver driver, ListenQueue queue)
    {
        _driver = driver;
        _queue = queue;
        _acceptor = new Acceptor<TcpSocket>(
            driver,
            () => queue.TryAccept(out var connection) ? new TcpSocket(driver, connection) : null,
            () => queue.IsClosed);
        queue.Signal = _acceptor.Signal;
    }

    /// <summary>Where it listens: the first of our addresses stands for all.</summary>
    public IPEndPoint LocalEndPoint => new(_driver.Stack.Options.Addresses[0].Address, _queue.Port);

    /// <summary>The next established connection.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The listener was disposed meanwhile, or the tunnel is.</exception>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    public ValueTask<TcpSocket> AcceptAsync(CancellationToken cancellationToken = default) =>
        _acceptor.AcceptAsync(this, cancellationToken);

    /// <summary>Stops listening; connections not yet accepted are reset.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        _acceptor.IsDisposed = true;
        if (!_queue.IsClosed)
        {
            _driver.Stack.StopListening(_queue);
            _driver.Wake(_acceptor.Signal);
        }

        return ValueTask.CompletedTask;
    }
}
