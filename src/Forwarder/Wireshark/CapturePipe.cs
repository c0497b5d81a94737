using System.Net.Sockets;
using System.Runtime.InteropServices;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Wireshark;

/// <summary>
/// Where a capture of a running process goes: as a rule a pipe, whose reader may go at any time. Wireshark reads a FIFO, or a named pipe
/// of Windows.
/// </summary>
internal sealed partial class CapturePipe : IAsyncDisposable
{
    // This many times a second costs nothing, and is soon enough for a process that nobody waits for
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Errors of a pipe that nobody reads any more: EPIPE, and those of Windows.</summary>
    private static readonly int[] Broken = OperatingSystem.IsWindows()
        ? [unchecked((int)0x8007006D), unchecked((int)0x800700E8), unchecked((int)0x800700E9)]
        : [Logging.Descriptor.BrokenPipe];

    private readonly Stream _stream;

    private CapturePipe(Stream stream) => _stream = stream;

    /// <summary>
    /// Waits for the reader to open its end, and opens ours. What is no pipe becomes a file for its owner alone; <c>-</c> is standard output.
    /// </summary>
    /// <exception cref="IOException">It cannot be opened, or the reader does not come.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static CapturePipe Open(string path, TimeSpan patience) => new(Patiently.Do(
        () => OperatingSystem.IsWindows() && path.StartsWith(@"\\.\pipe\", StringComparison.OrdinalIgnoreCase)
            ? new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0)
            : CaptureFile.Create(path),
        patience,
        "nobody read it"));

    /// <summary>Whether it cannot be written because whoever read it wants no more.</summary>
    public static bool IsBroken(IOException error) => Broken.Contains(error.HResult);

    /// <summary>
    /// Writes a capture to its end, and returns its length in bytes. That is when it is told to stop, or when nobody reads any more, even
    /// if there is nothing to be written that would show it; but not on Windows, where Wireshark ends the process itself.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="SocketException">The process has ended without the end of the file.</exception>
    public async Task<long> TakeAsync(CaptureClient client, CancellationToken stop)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var ended = new CancellationTokenSource();
        var watching = EndWithReaderAsync(ending, ended.Token);
        try
        {
            return await client.CopyToAsync(_stream, ending.Token).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task EndWithReaderAsync(CancellationTokenSource ending, CancellationToken ended)
    {
        await WaitUntilBrokenAsync(ended).ConfigureAwait(false);
        await ending.CancelAsync().ConfigureAwait(false);
    }

    private async Task WaitUntilBrokenAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (OperatingSystem.IsWindows() || !HasNoReader())
            {
                await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody wants to know any more
        }
    }

    private bool HasNoReader()
    {
        // Asked for nothing, poll(2) tells of errors all the same
        var request = new PollRequest { Descriptor = (int)((FileStream)_stream).SafeFileHandle.DangerousGetHandle() };
        return Poll(ref request, 1, 0) > 0 && (request.Events & (PollRequest.Error | PollRequest.HangUp)) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollRequest request, nuint count, int milliseconds);

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public const short Error = 8;
        public const short HangUp = 16;

        public int Descriptor;
        public short Wanted;
        public short Events;
    }
}
