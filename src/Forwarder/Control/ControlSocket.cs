using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Control;

/// <summary>
/// Answers whoever connects, and may. A process that cannot have the socket runs without it.
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    /// <summary>What the name of the socket ends in that tells how a process stands.</summary>
    public const string StatusExtension = ".sock";

    /// <summary>Clients of that at once; the next ones wait.</summary>
    private const int StatusClients = 4;

    /// <summary>One that does not read is dropped.</summary>
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(2);

    // As a rule there are no file descriptors left.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Func<Socket, CancellationToken, Task> _answer;
    private readonly int _maxClients;
    private readonly SemaphoreSlim _slots;
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;
    private Task _cleaning = Task.CompletedTask;

    private ControlSocket(int maxClients, Func<Socket, CancellationToken, Task> answer)
    {
        (_maxClients, _answer) = (maxClients, answer);
        _slots = new SemaphoreSlim(maxClients);
    }

    /// <summary>Where it is; null if it could not be had.</summary>
    public string? Path { get; private set; }

    /// <summary>Tells whoever connects how this process stands: one JSON document on each connection.</summary>
    public static ControlSocket Open(
        IReadOnlyList<string> directories, Func<ProcessStatus> status, ILogger logger, TimeProvider? time = null) =>
        Open(directories, StatusExtension, StatusClients, (client, stop) => TellAsync(client, status, time ?? TimeProvider.System, stop), logger);

    /// <summary>Listens in the first of the directories that will do, and warns if none does.</summary>
    /// <param name="directories">Where the socket may be.</param>
    /// <param name="extension">What its name ends in, behind the number of this process.</param>
    /// <param name="maxClients">Clients at once; the next ones wait.</param>
    /// <param name="answer">What is done for a client. It ends soon after its token is cancelled.</param>
    /// <param name="logger">Where the warning goes.</param>
    public static ControlSocket Open(
        IReadOnlyList<string> directories,
        string extension,
        int maxClients,
        Func<Socket, CancellationToken, Task> answer,
        ILogger logger)
    {
        var control = new ControlSocket(maxClients, answer);
        var reasons = new List<string>();
        foreach (var directory in directories)
        {
            try
            {
                control.Listen(directory, extension);
                return control;
            }
            catch (Exception error) when (error
                is IOException or UnauthorizedAccessException or SocketException
                // A socket's path may have 104 to 108 bytes, and some systems have no such sockets.
                or ArgumentException or PlatformNotSupportedException)
            {
                reasons.Add(error.Message);
            }
        }

        logger.ControlFailed(string.Join("; ", reasons));
        return control;
    }

    /// <summary>Stops answering, and removes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (Path is not null)
        {
            ControlDirectory.Remove(Path);
        }

        _socket?.Dispose();
        await _accepting.ConfigureAwait(false);
        await _cleaning.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        for (var client = 0; client < _maxClients; client++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }

        _slots.Dispose();
        _stopping.Dispose();
    }

    private void Listen(string directory, string extension)
    {
        ControlDirectory.Create(directory);
        var process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var path = System.IO.Path.Combine(directory, $"{process}{extension}");
        var hidden = $"{path}.new";
        File.Delete(hidden);
        File.Delete(path);
        if (extension == StatusExtension)
        {
            // This finds only the others, for ours has no name yet.
            _cleaning = new ProcessFinder([directory]).FindAsync(_stopping.Token);
        }

        var socket = UnixStream.Create();
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(hidden));
            socket.Listen(_maxClients);
            // It gets its name once it answers: one that refuses is taken for what an ended process has left.
            File.Move(hidden, path);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        (_socket, Path) = (socket, path);
        _accepting = AcceptAsync(socket);
    }

    private async Task AcceptAsync(Socket socket)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _slots.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            try
            {
                var client = await socket.AcceptAsync(_stopping.Token).ConfigureAwait(false);
                _ = AnswerAsync(client);
            }
            catch (Exception error)
                when (error is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                _slots.Release();
                await Task.Delay(AcceptPause, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task AnswerAsync(Socket client)
    {
        try
        {
            await _answer(client, _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // It went away, or does not read; or we end.
        }
        finally
        {
            client.Dispose();
            _slots.Release();
        }
    }

    private static async Task TellAsync(Socket client, Func<ProcessStatus> status, TimeProvider time, CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(StatusTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        await client.SendAllAsync(JsonSerializer.SerializeToUtf8Bytes(status(), StatusJson.Plain.ProcessStatus), both.Token).ConfigureAwait(false);
    }
}
