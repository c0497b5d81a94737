using System.Net.Sockets;
using System.Text.Json;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Control;

/// <summary>What was found: the processes that answer, and what is wrong with the others.</summary>
internal sealed record FoundProcesses(IReadOnlyList<ProcessStatus> Processes, IReadOnlyList<string> Problems);

/// <summary>Asks the running processes of this user how they stand, and removes what ended ones have left.</summary>
internal sealed class ProcessFinder(IReadOnlyList<string> directories, TimeProvider? time = null)
{
    /// <summary>No process comes near it: a forward takes some 200 bytes.</summary>
    private const int LongestAnswer = 16 << 20;

    /// <summary>How long each may take to answer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>All of them, by process number.</summary>
    public async Task<FoundProcesses> FindAsync(CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(Sockets().Select(path => AskAsync(path, cancellationToken)))
            .ConfigureAwait(false);
        return new FoundProcesses(
            [.. answers.Select(answer => answer.Status).OfType<ProcessStatus>().OrderBy(status => status.Pid)],
            [.. answers.Select(answer => answer.Problem).OfType<string>()]);
    }

    private List<string> Sockets()
    {
        var paths = new List<string>();
        foreach (var directory in directories.Where(ControlDirectory.IsPrivate))
        {
            try
            {
                paths.AddRange(Directory.EnumerateFiles(directory, $"*{ControlSocket.StatusExtension}"));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // It is another user's, made where ours would be.
            }
        }

        return paths;
    }

    private async Task<(ProcessStatus? Status, string? Problem)> AskAsync(string path, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time ?? TimeProvider.System);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            var answer = await ReadAsync(path, ending.Token).ConfigureAwait(false);
            if (answer.IsEmpty)
            {
                return (null, null); // It has just ended.
            }

            return (JsonSerializer.Deserialize(answer.Span, StatusJson.Default.ProcessStatus), null);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Nobody listens, and nobody will: a new process makes a new socket.
            ControlDirectory.Remove(path);
            ControlDirectory.Remove(Path.ChangeExtension(path, CaptureProtocol.Extension));
            return (null, null);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            return (null, null); // It has just ended.
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"{path} does not answer");
        }
        catch (Exception error) when (error is SocketException or JsonException or ArgumentException)
        {
            // The process is of another version, or the path is too long.
            return (null, $"{path}: {error.Message}");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        using var socket = await UnixStream.ConnectAsync(path, cancellationToken).ConfigureAwait(false);
        var answer = new byte[64 * 1024];
        var length = 0;
        while (await socket.ReceiveAsync(answer.AsMemory(length), cancellationToken).ConfigureAwait(false) is var read
            && read > 0)
        {
            length += read;
            if (length >= LongestAnswer)
            {
                throw new JsonException("The answer has no end.");
            }

            if (length == answer.Length)
            {
                Array.Resize(ref answer, 2 * length);
            }
        }

        return answer.AsMemory(0, length);
    }
}
