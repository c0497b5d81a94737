using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Onetun.WireGuard;

/// <summary>
/// Random bytes of the operating system, for keys and nonces. On Linux by getrandom(2): .NET's own, and with them those of NSec,
/// come by way of OpenSSL, and end the process where there is none.
/// </summary>
public static partial class SystemRandom
{
    private const int Interrupted = 4;

    /// <summary>Fills a buffer.</summary>
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

#pragma warning disable RS0030 // The one place that the cores have randomness from.
    private static void FillByRuntime(Span<byte> buffer) => RandomNumberGenerator.Fill(buffer);
#pragma warning restore RS0030

    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    private static partial nint GetRandom(Span<byte> buffer, nint size, uint flags);
}
