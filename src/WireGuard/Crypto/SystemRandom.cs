using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// Random bytes of the operating system, for keys and nonces; thread-safe. On Linux they come from getrandom(2): .NET, and with
/// it NSec, would take them from OpenSSL, and end the process where that is missing.
/// </summary>
public static partial class SystemRandom
{
    private const int Interrupted = 4;

    /// <summary>Fills a buffer of any length.</summary>
    /// <exception cref="CryptographicException">The system has no randomness to give.</exception>
    public static void Fill(Span<byte> buffer)
    {
        if (!OperatingSystem.IsLinux())
        {
            FillByRuntime(buffer);
            return;
        }

        while (!buffer.IsEmpty)
        {
            var filled = GetRandom(buffer, buffer.Length, flags: 0);
            if (filled < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new CryptographicException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
            }

            buffer = buffer[(int)Math.Max(0, filled)..];
        }
    }

#pragma warning disable RS0030 // The one place where the cores get randomness from
    private static void FillByRuntime(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
#pragma warning restore RS0030

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(Span<byte> buffer, nint size, uint flags);
}
