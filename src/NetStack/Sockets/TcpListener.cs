using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;

namespace Onetun.NetStack;

/// <summary>Accepts TCP connections on a port of all addresses inside the tunnel.</summary>
public sealed class TcpListener : IAsyncDisposable, IValueTaskSource
{
    private readonly StackDriver _driver;
    private readonly ListenQueue _queue;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Signal _signal = new();

    internal TcpListener(StackDriver driver, ListenQueue queue)
    {
        _driver = driver;
        _queue = queue;
        queue.Owner = this;
    }

    /// <summary>Where it listens: the first of our addresses stands for all.</summary>
    public IPEndPoint LocalEndPoint => new(_driver.Stack.Options.Addresses[0], _queue.Port);

    /// <summary>The next established connection.</summary>
    /// <exception cref="SocketException">The listener or the tunnel is disposed.</exception>
    public async ValueTask<TcpSocket> AcceptAsync(CancellationToken cancellationToken = default)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                short token;
                lock (_driver.Lock)
                {
                    if (_queue.IsClosed)
                    {
                        throw new SocketException((int)SocketError.OperationAborted);
                    }

                    if (_queue.TryAccept(out var connection))
                    {
                        return new TcpSocket(_driver, connection);
                    }

                    token = _signal.Arm();
                }

                using (cancellationToken.UnsafeRegister(static listener => ((TcpListener)listener!).Wake(), this))
                {
                    await new ValueTask(this, token).ConfigureAwait(false);
                }

                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops listening; connections not yet accepted are reset.</summary>
    public ValueTask DisposeAsync()
    {
        using var turn = _driver.BeginTurn();
        if (!_queue.IsClosed)
        {
            _driver.Stack.StopListening(_queue);
            _driver.Wake(_signal);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _signal.GetStatus(token);

    /// <inheritdoc/>
    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _signal.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    void IValueTaskSource.GetResult(short token) => _signal.GetResult(token);

    internal void OnEvents()
    {
        if (_queue.HasEstablished)
        {
            _driver.Wake(_signal);
        }
    }

    internal void OnClosed() => _driver.Wake(_signal);

    private void Wake()
    {
        using var turn = _driver.BeginTurn();
        _driver.Wake(_signal);
    }
}
