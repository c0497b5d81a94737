namespace Onetun.Forwarder.Common;

/// <summary>Who else can read a file with a secret in it.</summary>
internal static class FileReaders
{
    /// <summary>A warning, if anybody can.</summary>
    /// <param name="machine">Where the file is.</param>
    /// <param name="secret">What is in it, as people are told.</param>
    /// <param name="path">Its name.</param>
    public static string? Warn(Machine machine, string secret, string path)
    {
        if (machine.Variable("CREDENTIALS_DIRECTORY") is { Length: > 0 } credentials && Path.GetDirectoryName(path) == credentials)
        {
            return null; // systemd lets this user in by an access control list, which looks as if the group might read it too
        }

        var mode = machine.FileMode(path) ?? UnixFileMode.None;
        var readers = (mode.HasFlag(UnixFileMode.GroupRead), mode.HasFlag(UnixFileMode.OtherRead)) switch
        {
            (true, true) => "group- and world-readable",
            (true, false) => "group-readable",
            (false, true) => "world-readable",
            _ => null,
        };
        return readers is null ? null : $"{secret} file {path} is {readers}. This is insecure.";
    }
}
