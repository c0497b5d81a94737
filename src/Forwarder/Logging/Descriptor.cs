using System.Runtime.InteropServices;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// The descriptors of Unix that a process begins with, and writing to one: <see cref="Console"/> notices no pipe without a reader,
/// and its streams share a lock.
/// </summary>
internal static partial class Descriptor
{
    public const int Input = 0;
    public const int Output = 1;
    public const int Error = 2;

    /// <summary>What nobody reads any more: EPIPE.</summary>
    public const int BrokenPipe = 32;

    // These are of fcntl(2).
    private const int GetFlags = 1;
    private const int CloseOnExecution = 1;

    private const int Interrupted = 4;

    // EAGAIN is the one on Linux, the other on macOS and FreeBSD.
    private const int Full = 11;
    private const int FullOfBsd = 35;

    // A terminal is full now and then where another process has made it non-blocking.
    private static readonly TimeSpan FullRest = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// Whether a descriptor is what we were started with. Where it was closed, the runtime has taken its number for something of
    /// its own, perhaps a pipe, which a reader would wait on for ever, and which takes what is written for signals; but nothing
    /// that is closed on exec(2) can have come from before it.
    /// </summary>
    public static bool IsGiven(int descriptor) =>
        OperatingSystem.IsWindows()
        || (GetDescriptorFlags(descriptor, GetFlags) is >= 0 and var flags && (flags & CloseOnExecution) == 0);

    /// <summary>Writes all of it.</summary>
    /// <exception cref="IOException">It cannot; HResult is the error's number.</exception>
    public static void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var written = Write(descriptor, bytes, bytes.Length);
            if (written < 0)
            {
                WaitOrThrow(Marshal.GetLastPInvokeError());
            }

            bytes = bytes[(int)Math.Max(0, written)..];
        }
    }

    private static void WaitOrThrow(int error)
    {
        if (error is Full or FullOfBsd)
        {
            Thread.Sleep(FullRest);
        }
        else if (error != Interrupted)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int GetDescriptorFlags(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint size);
}
