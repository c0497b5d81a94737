using System.Runtime.InteropServices;
using Onetun.Capture;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Wireshark;

/// <summary>The FIFO, or named pipe of Windows, that Wireshark reads a capture from.</summary>
internal sealed partial class CapturePipe : IAsyncDisposable
{
    // This many times a second costs nothing, and is soon enough for a process that nobody waits for
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Errors of a pipe that nobody reads any more: EPIPE, and those of Windows.</summary>
    private static readonly int[] Broken = OperatingSystem.IsWindows()
        ? [unchecked((int)0x8007006D), unchecked((int)0x800700E8), unchecked((int)0x800700E9)]
        : [Logging.Descriptor.BrokenPipe];

    private readonly FileStream _stream;

    private CapturePipe(FileStream stream) => _stream = stream;

    /// <summary>What is written to it.</summary>
    public Stream Stream => _stream;

    /// <summary>Waits for Wireshark to open its end, and opens ours. What is no pipe becomes a file for its owner alone.</summary>
    /// <exception cref="IOException">It cannot be opened, or Wireshark does not come.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static CapturePipe Open(string path, TimeSpan patience) => new(Patiently.Do(
        () => OperatingSystem.IsWindows() && path.StartsWith(@"\\.\pipe\", StringComparison.OrdinalIgnoreCase)
            ? new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0)
            : (FileStream)CaptureFile.Create(path),
        patience,
        "nobody read it"));

    /// <summary>Whether it cannot be written because whoever read it wants no more.</summary>
    public static bool IsBroken(IOException error) => Broken.Contains(error.HResult);

    /// <summary>
    /// Ends when nobody reads any more, even if there is nothing to be written that would show it. On Windows it does not: there
    /// Wireshark ends the process itself.
    /// </summary>
    public async Task WaitUntilBrokenAsync(CancellationToken cancellationToken)
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

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private bool HasNoReader()
    {
        // Asked for nothing, poll(2) tells of errors all the same
        var request = new PollRequest { Descriptor = (int)_stream.SafeFileHandle.DangerousGetHandle() };
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
