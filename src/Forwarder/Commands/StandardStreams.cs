using System.Globalization;
using System.Runtime.InteropServices;

namespace Onetun.Forwarder.Commands;

/// <summary>What a process was given by whoever started it.</summary>
internal static partial class StandardStreams
{
    private const string OpenFiles = "/proc/self/fd";

    private static readonly int[] Descriptors = [0, 1, 2];

    /// <summary>
    /// Lets go of them: who waits for their end, as ansible does, shall not wait for others that use this process. Windows has
    /// no such thing.
    /// </summary>
    public static void Release()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        foreach (var descriptor in Descriptors.Union(Duplicates()))
        {
            _ = Duplicate((int)nothing.DangerousGetHandle(), descriptor);
        }
    }

    // .. Console has one of its own of each, which it does not close
    private static List<int> Duplicates()
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var ours = Descriptors.Select(descriptor => TargetOf($"{OpenFiles}/{descriptor}")).ToHashSet();
        return [.. Directory.EnumerateFileSystemEntries(OpenFiles)
            .Where(path => TargetOf(path) is { } target && ours.Contains(target))
            .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null; // .. closed meanwhile
        }
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);
}
