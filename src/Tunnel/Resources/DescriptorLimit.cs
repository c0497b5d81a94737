using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Onetun.Tunnel.Resources;

/// <summary>What the system lets this process have open.</summary>
internal static partial class DescriptorLimit
{
    // It is taken for granted where they cannot be counted.
    private const int UsuallyOpen = 160;

    // What an idle process has open, and what connections leave to others; below 130 not even all assemblies can be loaded.
    private const int Least = UsuallyOpen + DescriptorBudget.Reserve;

    /// <summary>
    /// What is told where the limit is too low to run; null where it is not. Finding out takes no assembly that is not loaded yet,
    /// since none may be had. A program compiled ahead of time is one file, and needs fewer.
    /// </summary>
    public static string? Lack() => RuntimeFeature.IsDynamicCodeSupported && Read() is { } limit && limit < Least
        ? $"onetun: the limit of file descriptors is {limit}, and onetun needs at least {Least} (ulimit -n, LimitNOFILE=)\n"
        : null;

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
    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int kind, out Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Limit
    {
        public readonly nuint Current;
        public readonly nuint Hard;
    }
}
