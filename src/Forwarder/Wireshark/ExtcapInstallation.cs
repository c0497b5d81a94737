namespace Onetun.Forwarder.Wireshark;

/// <summary>Puts our launcher into Wireshark's folder, and takes it away.</summary>
internal sealed class ExtcapInstallation(ExtcapFolders folders, Launcher launcher)
{
    private const string Next = "Restart Wireshark, or press F5 there: each running onetun of this user is an interface in its list.";

    private const string NoWireshark = "No Wireshark was found, so this is where version 4.2 and later look. If it does not find it there, "
        + "'Help > About Wireshark > Folders' has the 'Personal Extcap path': copy the file there.";

    /// <summary>Puts it there; the fault is null if that was done, or had been before.</summary>
    public (string? Text, string? Fault) Install()
    {
        var told = folders.Told();
        if ((told ?? folders.Newer) is not { } folder)
        {
            return (null, OperatingSystem.IsWindows() ? "APPDATA does not say where the files of this user are" : "HOME is not set, or not to a full path");
        }

        var path = Path.Combine(folder, Launcher.FileName);
        try
        {
            var isNew = launcher.Install(path);
            var text = isNew ? $"Wireshark now starts {launcher.Program[^1]} by {path}." : $"{path} is there already.";
            return (told is null ? $"{text}\n{NoWireshark}\n{Next}" : $"{text}\n{Next}", null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return (null, File.Exists(path) && !IsOurs(path)
                ? $"{path} is there, and not of onetun's making: move it away first"
                : $"Failed to make {path}: {error.Message}");
        }
    }

    /// <summary>Takes it away, from wherever a version of Wireshark looks.</summary>
    public (string? Text, string? Fault) Uninstall()
    {
        var removed = new List<string>();
        foreach (var path in folders.All().Select(folder => Path.Combine(folder, Launcher.FileName)))
        {
            try
            {
                if (Launcher.IsAt(path))
                {
                    File.Delete(path);
                    removed.Add(path);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return (null, $"Failed to remove {path}: {error.Message}");
            }
        }

        return (removed.Count == 0 ? "There is nothing to remove." : $"Removed {string.Join(" and ", removed)}.", null);
    }

    private static bool IsOurs(string path)
    {
        try
        {
            return Launcher.IsAt(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
