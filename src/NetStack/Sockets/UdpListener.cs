using System.Net;

namespace Onetun.NetStack;

/// <summary>Takes datagrams on a port of all addresses inside the tunnel: each new sender is accepted as a socket.</summary>
public sealed class UdpListener : IAsyncDisposable
{
    private readonly StackDriver _driver;
    private readonly UdpListenQueue _queue;
    private readonly Acceptor<UdpSocket> _acceptor;

    internal UdpListener(StackDriver driver, UdpListenQueue queue)
    {
        _driver = driver;
        _queue = queue;
        _acceptor = new Acceptor<UdpSocket>(
            driver,
            () => queue.TryAccept(out var flow) ? new UdpSocket(driver, flow) : null,
            () => queue.IsClosed);
        queue.Signal = _acceptor.Signal;
    }

    /// <summary>Where it listens: the first of our addresses stands for all.</summary>
    public IPEndPoint LocalEndPoint => new(_driver.Stack.Options.Addresses[0].Address, _queue.Port);

    /// <summary>The next sender; its first datagram waits to be read.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The listener was disposed meanwhile, or the tunnel is.</exception>
    /// <exception cref="ObjectDisposedException">The listener is disposed.</exception>
    public ValueTask<UdpSocket> AcceptAsync(CancellationToken cancellationToken = default) =>
        _acceptor.AcceptAsync(this, cancellationToken);

    /// <summary>Stops listening; accepted sockets live on.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        _acceptor.IsDisposed = true;
        if (!_queue.IsClosed)
        {
            _driver.Stack.Udp.StopListening(_queue);
            _driver.Wake(_acceptor.Signal);
        }

        return ValueTask.CompletedTask;
    }
}
