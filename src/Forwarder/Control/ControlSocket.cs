using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Control;

/// <summary>
/// Tells whoever connects, and may, how this process stands: one JSON document on each connection. A process that
/// cannot have the socket runs without it.
/// </summary>
internal sealed class ControlSocket : IAsyncDisposable
{
    /// <summary>Clients at once; the next ones wait.</summary>
    private const int MaxClients = 4;

    /// <summary>A client that does not read is dropped.</summary>
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(2);

    // As a rule there are no file descriptors left.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Func<ProcessStatus> _status;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _slots = new(MaxClients);
    private readonly CancellationTokenSource _stopping = new();
    private Socket? _socket;
    private Task _accepting = Task.CompletedTask;
    private Task _cleaning = Task.CompletedTask;

    private ControlSocket(Func<ProcessStatus> status, TimeProvider? time)
    {
        _status = status;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Where it is; null if it could not be had.</summary>
    public string? Path { get; private set; }

    /// <summary>Listens in the first of the directories that will do, and warns if none does.</summary>
    public static ControlSocket Open(
        IReadOnlyList<string> directories, Func<ProcessStatus> status, ILogger logger, TimeProvider? time = null)
    {
        var control = new ControlSocket(status, time);
        var reasons = new List<string>();
        foreach (var directory in directories)
        {
            try
            {
                control.Listen(directory);
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
        for (var client = 0; client < MaxClients; client++)
        {
            await _slots.WaitAsync().ConfigureAwait(false);
        }

        _slots.Dispose();
        _stopping.Dispose();
    }

    private void Listen(string directory)
    {
        ControlDirectory.Create(directory);
        var process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var (path, hidden) = (System.IO.Path.Combine(directory, $"{process}.sock"),
            System.IO.Path.Combine(directory, $"{process}.new"));
        File.Delete(hidden);
        File.Delete(path);
        // This finds only the others, for ours has no name yet.
        _cleaning = new ProcessFinder([directory]).FindAsync(_stopping.Token);
        var socket = UnixStream.Create();
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(hidden));
            socket.Listen(MaxClients);
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
            using var patience = new CancellationTokenSource(WriteTimeout, _time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stopping.Token);
            var answer = JsonSerializer.SerializeToUtf8Bytes(_status(), StatusJson.Plain.ProcessStatus);
            var rest = answer.AsMemory();
            while (rest.Length > 0)
            {
                rest = rest[await client.SendAsync(rest, SocketFlags.None, both.Token).ConfigureAwait(false)..];
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // It went away, or does not read.
        }
        finally
        {
            client.Dispose();
            _slots.Release();
        }
    }
}
