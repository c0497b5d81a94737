using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Control;

/// <summary>Where the running processes of a user have their sockets: a directory that nobody else may enter.</summary>
internal static class ControlDirectory
{
    /// <summary>How the runtime directories of services begin, one for each (RuntimeDirectory= of systemd.exec(5)).</summary>
    private const string OfService = "onetun-";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Where to listen, in this order: a process that a service manager started may lack the variable that its user's shell has.
    /// </summary>
    public static IReadOnlyList<string> Candidates(Machine machine)
    {
        var common = Common(machine);
        return machine.Variable("RUNTIME_DIRECTORY") is { } ours && IsOfService(machine, ours) ? [ours, common]
            : machine.Variable("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathFullyQualified(runtime) ? [Path.Combine(runtime, "onetun"), common]
            : [common];
    }

    /// <summary>Where to look; root looks at services too, which have users of their own.</summary>
    public static IReadOnlyList<string> Places(Machine machine) => machine.IsRoot && Directory.Exists(machine.RuntimeDirectory)
        ? [.. Candidates(machine).Union(Directory.EnumerateDirectories(machine.RuntimeDirectory, $"{OfService}*"))]
        : Candidates(machine);

    /// <summary>The one that all processes of this user have in common, whoever started them.</summary>
    // Root has another: modes do not tell the owner, and root may enter what is somebody else's. Root alone may make a directory
    // there, so nobody else can have made ours.
    public static string Common(Machine machine) => machine.IsRoot
        ? Path.Combine(machine.RuntimeDirectory, "onetun")
        : Path.Combine(machine.TemporaryDirectory, $"onetun-{UserName()}");

    // A container may have no list of users.
    private static string UserName()
    {
        try
        {
            return Environment.UserName;
        }
        catch (IOException)
        {
            return "unnamed";
        }
    }

    private static bool IsOfService(Machine machine, string directory) =>
        Path.GetDirectoryName(directory) == machine.RuntimeDirectory
        && Path.GetFileName(directory).StartsWith(OfService, StringComparison.Ordinal);

    /// <summary>Makes it, unless it is there.</summary>
    /// <exception cref="IOException">It cannot be made, or others may enter it.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Create(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
            return;
        }

        Directory.CreateDirectory(directory, OwnerOnly);
        if (!IsPrivate(directory))
        {
            throw new IOException($"{directory} is open to others");
        }
    }

    /// <summary>
    /// It exists, and is not somebody else's doing: anyone may make a directory or a link of that name under the temporary one.
    /// </summary>
    public static bool IsPrivate(string directory)
    {
        var found = new DirectoryInfo(directory);
        return found.Exists && found.LinkTarget is null
            && (OperatingSystem.IsWindows() || found.UnixFileMode == OwnerOnly);
    }

    /// <summary>Removes a socket, unless it or the directory is gone.</summary>
    public static void Remove(string socket)
    {
        try
        {
            File.Delete(socket);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Somebody has cleaned up, or closed the directory.
        }
    }
}
