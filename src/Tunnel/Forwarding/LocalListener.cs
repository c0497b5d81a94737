using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Takes TCP connections on a local port.</summary>
internal sealed class LocalListener : IAsyncDisposable
{
    private const int Backlog = 1024;

    // As a rule the whole system is out of file descriptors: whoever holds them gets time.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    // Failures that follow one another are told once.
    private static readonly TimeSpan FailureQuiet = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly ILogger _logger;
    private readonly ConnectionSet _connections;
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;
    private long? _lastFailure;
    private SocketWatch? _watch;

    private LocalListener(Socket socket, ConnectionSet connections, ILogger logger)
    {
        _socket = socket;
        _logger = logger;
        _connections = connections;
        EndPoint = socket.LocalEndPoint!;
    }

    /// <summary>Where it listens, with the port that was chosen for port 0.</summary>
    public EndPoint EndPoint { get; }

    /// <summary>Cancelled when it stops listening: what has not begun is not worth waiting for.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>
    /// Takes the port. Connections wait in the backlog until <see cref="Start"/>; the set of those it has accepted is
    /// disposed with it.
    /// </summary>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public static LocalListener Bind(EndPoint endPoint, ConnectionSet connections, ILogger logger)
    {
        var socket = UnixSocket.Is(endPoint) ? UnixSocket.Create(endPoint) : CreateTcp(endPoint);
        try
        {
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return new LocalListener(socket, connections, logger);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Hands each connection to a function.</summary>
    /// <param name="serve">The function.</param>
    /// <param name="tunnel">If the function does not block: it may run on the thread that drives this tunnel.</param>
    public void Start(Func<Socket, Task> serve, TunnelNetwork? tunnel = null)
    {
        _watch = tunnel?.TryWatch(_socket);
        _accepting = AcceptAsync(serve);
    }

    /// <summary>Stops listening; connections go on.</summary>
    public async Task CloseAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        _socket.Dispose();
        if (OperatingSystem.IsLinux())
        {
            _watch?.Dispose();
        }
    }

    /// <summary>
    /// Stops listening, lets connections end by themselves until told to hurry, then resets the rest.
    /// </summary>
    public async Task StopAsync(CancellationToken hurry)
    {
        await CloseAsync().ConfigureAwait(false);
        await _connections.DrainAsync(hurry).ConfigureAwait(false);
    }

    /// <summary>Stops listening and resets all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _stopping.Dispose();
        _connections.Dispose();
    }

    // Accepted sockets inherit both.
    private static Socket CreateTcp(EndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        LocalConnection.KeepAlive(socket);
        BothFamilies.Enable(socket, endPoint);
        return socket;
    }

    private async Task AcceptAsync(Func<Socket, Task> serve)
    {
        try
        {
            while (true)
            {
                // The descriptor comes before the client: until that is accepted it waits in the backlog.
                await _connections.Descriptors.TakeAsync(EndPoint, _stopping.Token).ConfigureAwait(false);
                if (await TryAcceptAsync().ConfigureAwait(false) is { } socket)
                {
                    _ = ServeAsync(serve, socket);
                }
                else
                {
                    await Task.Delay(AcceptPause, _stopping.Token).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It listens no more.
        }
    }

    private async ValueTask<Socket?> TryAcceptAsync()
    {
        Socket? socket = null;
        try
        {
            if (OperatingSystem.IsLinux() && _watch is not null)
            {
                await _watch.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }

            return socket = await _socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            if (_lastFailure is not { } last || Stopwatch.GetElapsedTime(last) > FailureQuiet)
            {
                _logger.AcceptFailed(EndPoint, error.Message);
            }

            _lastFailure = Stopwatch.GetTimestamp();
            return null;
        }
        finally
        {
            if (socket is null)
            {
                _connections.Descriptors.Release();
            }
        }
    }

    private async Task ServeAsync(Func<Socket, Task> serve, Socket socket)
    {
        var hasRoom = _connections.Begin(MappedAddress.Unmap(socket.RemoteEndPoint));
        try
        {
            if (hasRoom)
            {
                await serve(socket).ConfigureAwait(false);
            }
            else
            {
                LocalConnection.Reset(socket);
            }
        }
#pragma warning disable CA1031 // One connection's fault ends that connection.
        catch (Exception bug)
#pragma warning restore CA1031
        {
            _connections.Fault(bug);
        }
        finally
        {
            // It is released however the connection ended: one that is forgotten is lost to all that come later.
            socket.Dispose();
            _connections.End();
        }
    }
}
