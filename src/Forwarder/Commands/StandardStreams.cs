using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>What a process was given by whoever started it.</summary>
internal static partial class StandardStreams
{
    private const string OpenFiles = "/proc/self/fd";

    private const int ForWriting = 1;

    private static readonly int[] Descriptors = [Descriptor.Input, Descriptor.Output, Descriptor.Error];

    private static TextWriter? _textOutput;

    private static Encoding TextEncoding =>
        OperatingSystem.IsWindows() ? Console.Out.Encoding : new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Standard input; one at its end, where it was closed before we began.</summary>
    public static Stream OpenInput() => Descriptor.IsGiven(Descriptor.Input) ? Console.OpenStandardInput() : Stream.Null;

    /// <summary>Standard output; one that fails, where it was closed before we began.</summary>
    public static Stream OpenOutput() => Descriptor.IsGiven(Descriptor.Output) ? Console.OpenStandardOutput() : Closed();

    /// <summary>
    /// Standard output for text. On Unix it is not the console's own, which puts a terminal's keypad into another mode, and leaves
    /// it there.
    /// </summary>
    public static TextWriter OpenTextOutput()
    {
        if (!Descriptor.IsGiven(Descriptor.Output))
        {
            return new StreamWriter(Closed()) { AutoFlush = true };
        }

        if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
        {
            return _textOutput = Console.Out;
        }

        static void Fail(IOException error) => throw new IOException($"standard output: {error.Message}", error);
        Action<byte[], int, int> write = OperatingSystem.IsWindows()
            ? Console.OpenStandardOutput().Write
            : (buffer, offset, count) => Descriptor.Write(Descriptor.Output, buffer.AsSpan(offset, count));
        return _textOutput = Guard(write, Fail);
    }

    /// <summary>Standard error for text. What it does not take is lost, as there is nowhere else to say that.</summary>
    public static TextWriter OpenTextError()
    {
        var write = StandardError.Open();
        return Guard((buffer, offset, count) => write(buffer.AsSpan(offset, count)), _ => { });
    }

    /// <summary>Whether what is written there is seen on a terminal.</summary>
    public static bool IsTerminal(TextWriter output) => output == _textOutput && !Console.IsOutputRedirected;

    /// <summary>
    /// Lets go of them, and of the terminal: whoever waits for them to end, as ansible does, must not wait for others that use
    /// this process, and Ctrl-C there is no longer meant for it. Windows has nothing of the kind.
    /// </summary>
    public static void Release()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int[] given = [.. Descriptors.Where(Descriptor.IsGiven)];
        Replace(given.Union(DuplicatesOf(given)));
        _ = BeginSession();
    }

    /// <summary>
    /// Lets whoever reads our output see its end while input goes on: ssh ends when the server does. A terminal has no end, and
    /// what is input or error as well is still in use.
    /// </summary>
    public static void EndOutput()
    {
        if (!OperatingSystem.IsWindows()
            && Descriptor.IsGiven(Descriptor.Output)
            && Console.IsOutputRedirected
            && Shutdown(Descriptor.Output, ForWriting) != 0
            && !DuplicatesOf([Descriptor.Input, Descriptor.Error]).Contains(Descriptor.Output))
        {
            Replace(DuplicatesOf([Descriptor.Output]).Append(Descriptor.Output));
        }
    }

    private static OutputStream Closed() => new((_, _, _) => throw new IOException("standard output is closed"));

    private static TextWriter Guard(Action<byte[], int, int> write, Action<IOException> fail)
    {
        var guarded = new OutputStream((buffer, offset, count) =>
        {
            try
            {
                write(buffer, offset, count);
            }
            catch (IOException error)
            {
                fail(error);
            }
        });
        return TextWriter.Synchronized(new StreamWriter(guarded, TextEncoding) { AutoFlush = true });
    }

    // Console holds a duplicate of each, which it does not close.
    private static List<int> DuplicatesOf(int[] descriptors)
    {
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var ours = descriptors.Select(descriptor => TargetOf($"{OpenFiles}/{descriptor}")).ToHashSet();
        return [.. Directory.EnumerateFileSystemEntries(OpenFiles)
            .Where(path => TargetOf(path) is { } target && ours.Contains(target))
            .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
    }

    private static void Replace(IEnumerable<int> descriptors)
    {
        using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        foreach (var descriptor in descriptors)
        {
            _ = Duplicate((int)nothing.DangerousGetHandle(), descriptor);
        }
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            return null; // Closed meanwhile
        }
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int from, int to);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int BeginSession();

    [LibraryImport("libc", EntryPoint = "shutdown", SetLastError = true)]
    private static partial int Shutdown(int socket, int how);
}
