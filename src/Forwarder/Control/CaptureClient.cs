using System.Net.Sockets;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Control;

/// <summary>A capture that a running process sends us.</summary>
internal sealed class CaptureClient : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly Socket _socket;
    private readonly CaptureTail _tail = new();

    private CaptureClient(Socket socket)
    {
        _socket = socket;
    }

    /// <summary>Asks for one, or says why there is none.</summary>
    /// <param name="machine">Where the process runs.</param>
    /// <param name="process">Its number; null is the only one of this user.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<(CaptureClient? Client, string? Refusal)> StartAsync(
        Machine machine, int? process, CaptureRequest request, CancellationToken cancellationToken)
    {
        var places = ControlDirectory.Places(machine);
        if (process is null)
        {
            var found = await new ProcessFinder(places).FindAsync(cancellationToken).ConfigureAwait(false);
            if (found.Processes is not [var only])
            {
                return (null, found.Processes.Count == 0
                    ? "No onetun process of this user is running"
                    : $"Several onetun processes of this user are running: name one, {string.Join(" or ", found.Processes.Select(one => one.Pid))}");
            }

            process = only.Pid;
        }

        if (CaptureProtocol.SocketOf(process.Value, places) is not { } path)
        {
            return (null, $"Process {process} is no onetun process of this user, or has no captures: 'onetun status' shows those there are");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var (socket, refusal) = await CaptureProtocol.AskAsync(path, request, patience.Token).ConfigureAwait(false);
            return (socket is null ? null : new CaptureClient(socket), refusal is null ? null : $"Process {process} sends no capture: {refusal}");
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            return (null, $"Process {process} does not answer: {error.Message}");
        }
    }

    /// <summary>The packets that were lost, because they came faster than we took them; 0 if the file does not tell, or is not whole.</summary>
    public long Dropped => _tail.ReadDropped();

    /// <summary>Writes all of it, and returns its length in bytes. When told to stop, it asks for the end, and writes that too.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="SocketException">The process has ended without the end of the file.</exception>
    public async Task<long> CopyToAsync(Stream file, CancellationToken stop)
    {
        var ending = stop.Register(AskForEnd);
        await using (ending.ConfigureAwait(false))
        {
            var buffer = new byte[64 * 1024];
            var length = 0L;
            while (await _socket.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None).ConfigureAwait(false) is > 0 and var received)
            {
                await file.WriteAsync(buffer.AsMemory(0, received), CancellationToken.None).ConfigureAwait(false);
                _tail.Add(buffer.AsSpan(0, received));
                length += received;
            }

            return length;
        }
    }

    public void Dispose() => _socket.Dispose();

    private void AskForEnd()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The process has ended, and with it the capture
        }
    }
}
