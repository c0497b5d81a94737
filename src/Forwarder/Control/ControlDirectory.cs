using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Control;

/// <summary>Where the running processes of a user have their sockets: a directory that nobody else may enter.</summary>
internal static class ControlDirectory
{
    /// <summary>Root alone may make a directory there, so nobody else can have made ours.</summary>
    private const string SystemRuntime = "/run/onetun";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Where to look, and in this order where to listen: a process that a service manager started may lack the variable
    /// that its user's shell has.
    /// </summary>
    public static IReadOnlyList<string> Candidates(Machine machine)
    {
        var common = Common(machine);
        return machine.Variable("XDG_RUNTIME_DIR") is { } runtime && Path.IsPathFullyQualified(runtime)
            ? [Path.Combine(runtime, "onetun"), common]
            : [common];
    }

    /// <summary>The one that all processes of this user have in common, whoever started them.</summary>
    // Root has another: modes do not tell the owner, and root may enter what is somebody else's.
    public static string Common(Machine machine) => machine.IsRoot
        ? SystemRuntime
        : Path.Combine(machine.TemporaryDirectory, $"onetun-{Environment.UserName}");

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
