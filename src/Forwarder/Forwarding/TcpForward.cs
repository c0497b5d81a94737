using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Listens on a local port and relays each connection to one destination behind the tunnel.</summary>
internal sealed class TcpForward : IAsyncDisposable
{
    private const int Backlog = 1024;

    // Out of file descriptors, as a rule: give the connections that hold them time to end.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly ILogger _logger;
    private readonly HashSet<Task> _connections = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _resetting = new();
    private Task _accepting = Task.CompletedTask;

    private TcpForward(Socket listener, IPEndPoint destination, ILogger logger)
    {
        _listener = listener;
        _logger = logger;
        Destination = destination;
        Source = (IPEndPoint)listener.LocalEndPoint!;
    }

    /// <summary>Where it listens, with the port that was chosen for port 0.</summary>
    public IPEndPoint Source { get; }

    public IPEndPoint Destination { get; }

    /// <summary>Takes the port. Connections wait in the backlog until <see cref="Start"/>.</summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static TcpForward Bind(ResolvedForward forward, ILogger logger)
    {
        var listener = new Socket(forward.Source.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // Accepted sockets inherit it.
            listener.NoDelay = true;
            listener.Bind(forward.Source);
            listener.Listen(Backlog);
            return new TcpForward(listener, forward.Destination, logger);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>Begins to accept.</summary>
    public void Start(Connector connect) => _accepting = AcceptAsync(connect);

    /// <summary>Stops listening, lets connections end by themselves until told to hurry, then resets the rest.</summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _listener.Dispose();
        var ended = WhenAllEnded();
        await ended.WaitAsync(hurry).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _resetting.CancelAsync().ConfigureAwait(false);
        await ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Stops listening and resets all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _stopping.Dispose();
        _resetting.Dispose();
    }

    private async Task AcceptAsync(Connector connect)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                Serve(socket, connect);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException error)
            {
                _logger.AcceptFailed(Source, error.Message);
                await Task.Delay(AcceptPause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Serve(Socket socket, Connector connect)
    {
        var connection = new ForwardedConnection(socket, Destination, _logger).RunAsync(connect, _resetting.Token);
        lock (_connections)
        {
            _connections.Add(connection);
        }

        // .. runs at once if it has ended already
        _ = connection.ContinueWith(Forget, TaskScheduler.Default);
    }

    private void Forget(Task connection)
    {
        lock (_connections)
        {
            _connections.Remove(connection);
        }

        if (connection.Exception is { } bug)
        {
            _logger.ConnectionFaulted(bug.ToString());
        }
    }

    private Task WhenAllEnded()
    {
        lock (_connections)
        {
            return Task.WhenAll(_connections);
        }
    }
}
