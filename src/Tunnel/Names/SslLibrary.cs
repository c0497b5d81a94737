using System.Runtime.InteropServices;

namespace Onetun.Tunnel.Names;

/// <summary>
/// OpenSSL's libssl, which .NET's random numbers come from on Linux, and with them those of the DNS library. Where it is missing,
/// .NET ends the process at the first of them.
/// </summary>
internal static class SslLibrary
{
    // Those that .NET looks for, the first one if it is set
    private static readonly string?[] Versions = [Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE"), "3", "1.1"];

    private static readonly Lazy<bool> Found = new(static () => !OperatingSystem.IsLinux()
        || Versions.Any(version => version is not null && NativeLibrary.TryLoad($"libssl.so.{version}", out _)));

    /// <summary>Whether it can be had, or the system does without.</summary>
    public static bool IsThere => Found.Value;
}
