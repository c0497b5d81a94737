using System.Runtime.InteropServices;

namespace Onetun.Forwarder.Logging;

/// <summary>
/// Writing to a descriptor of Unix: <see cref="Console"/> notices no pipe without a reader, and its streams share a lock.
/// </summary>
internal static partial class Descriptor
{
    /// <summary>What nobody reads any more: EPIPE.</summary>
    public const int BrokenPipe = 32;

    private const int Interrupted = 4;

    // EAGAIN is the one on Linux, the other on macOS and FreeBSD.
    private const int Full = 11;
    private const int FullOfBsd = 35;

    // A terminal is full now and then where another process has made it non-blocking.
    private static readonly TimeSpan FullRest = TimeSpan.FromMilliseconds(10);

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

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, ReadOnlySpan<byte> bytes, nint size);
}
