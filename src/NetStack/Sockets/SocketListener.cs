using System.Net;

namespace Onetun.NetStack;

/// <summary>
/// Accepts on a port of all addresses inside the tunnel: TCP connections that stand, or a flow of datagrams for each new sender, whose
/// first waits to be read.
/// </summary>
/// <typeparam name="TSocket"><see cref="TcpSocket"/> or <see cref="UdpSocket"/>.</typeparam>
public sealed class SocketListener<TSocket> : IAsyncDisposable
    where TSocket : class
{
    private readonly StackDriver _driver;
    private readonly int _port;
    private readonly Func<TSocket?> _take;
    private readonly Func<bool> _isClosed;
    private readonly Action _close;
    private readonly Pending<bool> _pending;

    internal SocketListener(StackDriver driver, int port, Func<TSocket?> take, Func<bool> isClosed, Action close)
    {
        _driver = driver;
        _port = port;
        _take = take;
        _isClosed = isClosed;
        _close = close;
        _pending = new Pending<bool>(driver, static _ => true);
    }

    /// <summary>Where it listens: the first of our addresses stands for all.</summary>
    public IPEndPoint LocalEndPoint => new(_driver.Stack.Options.Addresses[0].Address, _port);

    /// <summary>Wakes whoever waits: something was queued, or nothing will be any more.</summary>
    internal Signal Signal => _pending.Signal;

    /// <summary>The next socket, or null once the listener is disposed, or the tunnel is. One call may wait at a time.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is lost.</exception>
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

    /// <summary>Stops listening. Connections not yet accepted are reset; what was accepted lives on.</summary>
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
}
