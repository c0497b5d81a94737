using System.Runtime.InteropServices;

namespace Onetun.Forwarder.Resources;

/// <summary>What the system lets this process have open.</summary>
internal static partial class DescriptorLimit
{
    // It is taken for granted where they cannot be counted.
    private const int UsuallyOpen = 160;

    /// <summary>
    /// Files and sockets at once, RLIMIT_NOFILE; null where there is no such limit (Windows). The runtime has raised the soft
    /// limit to the hard one before any of our code runs.
    /// </summary>
    public static int? Read()
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        var kind = OperatingSystem.IsLinux() ? 7 : 8;
        return GetLimit(kind, out var limit) == 0 ? (int)Math.Min(limit.Current, int.MaxValue / 4) : null;
    }

    /// <summary>
    /// Those that are open. The runtime holds two for each assembly that it has loaded, for as long as the process lives: the
    /// file, and its mapping. With 60 of them loaded these are 120 of the 150 that an idle process has.
    /// </summary>
    public static int CountOpen()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(OperatingSystem.IsLinux() ? "/proc/self/fd" : "/dev/fd").Count();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return UsuallyOpen;
        }
    }

    // rlim_t is as wide as a pointer, in the C libraries of all systems that .NET runs on.
    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int GetLimit(int kind, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly nuint Current;
        public readonly nuint Hard;
    }
}
