using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Onetun.Capture;

/// <summary>Where a capture goes: a file for its owner alone, since it holds what others send through the tunnel.</summary>
public static class CaptureFile
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Creates or empties a file. <c>-</c> is standard output.</summary>
    public static Stream Create(string path) => path == "-" ? StandardOutput() : Open(path, FileMode.Create);

    /// <summary>Opens a file for writing.</summary>
    internal static FileStream Open(string path, FileMode mode)
    {
        // Unbuffered: the ring is the buffer. Shared, so that Wireshark can read it while it grows
        var options = new FileStreamOptions
        {
            Mode = mode,
            Access = FileAccess.Write,
            Share = FileShare.Read,
            BufferSize = 0,
        };
        if (OperatingSystem.IsWindows())
        {
            return new FileStream(path, options);
        }

        if (Directory.Exists(path))
        {
            throw new IOException("it is a directory");
        }

        // This counts only for a new file
        options.UnixCreateMode = OwnersAlone;
        var wasThere = File.Exists(path);
        var file = OperatingSystem.IsLinux() && mode == FileMode.Create ? Claim(path, options) : new FileStream(path, options);
        if (wasThere && IsRegular(file))
        {
            File.SetUnixFileMode(file.SafeFileHandle, OwnersAlone);
        }

        return file;
    }

    /// <summary>
    /// Empties a file unless another process captures to it, which would go on behind a hole. Devices and FIFOs have no length, and may be
    /// shared.
    /// </summary>
    [SupportedOSPlatform("linux")]
    private static FileStream Claim(string path, FileStreamOptions options)
    {
        options.Mode = FileMode.OpenOrCreate;
        var file = new FileStream(path, options);
        var isFilled = file.CanSeek && file.Length > 0;
        try
        {
            file.Lock(0, long.MaxValue); // Until it is closed; it keeps nobody from reading
        }
        catch (IOException) when (isFilled)
        {
            file.Dispose();
            throw new IOException("another process writes to it");
        }
        catch (IOException)
        {
            // There is nothing to lose
        }

        if (isFilled)
        {
            file.SetLength(0);
        }

        return file;
    }

    // The mode of a device or a FIFO is not ours to change: /dev/null is everyone's
    private static bool IsRegular(FileStream file)
    {
        try
        {
            var length = RandomAccess.GetLength(file.SafeFileHandle);
            RandomAccess.SetLength(file.SafeFileHandle, length + 1);
            var isRegular = RandomAccess.GetLength(file.SafeFileHandle) == length + 1;
            RandomAccess.SetLength(file.SafeFileHandle, length);
            return isRegular;
        }
        catch (Exception error) when (error is IOException or NotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    // The console's own stream swallows EPIPE, but a capture that nobody reads should end and say so
    private static Stream StandardOutput() => OperatingSystem.IsWindows()
        ? Console.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
}
