using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Wireshark;

/// <summary>Where Wireshark looks for programs of one user that capture for it.</summary>
/// <param name="machine">Whose variables say where the user's files are.</param>
/// <param name="ask">What a program says when it is called with an argument; null where it cannot be run.</param>
internal sealed class ExtcapFolders(Machine machine, Func<IReadOnlyList<string>, string?> ask)
{
    private const string Folder = "extcap";

    /// <summary>The one that Wireshark says it looks into; null if there is no Wireshark here.</summary>
    public string? Told() => AskForFolders() is { } told
        ? ValueOf(told, "Personal Extcap path") ?? (ValueOf(told, "Personal configuration") is { } older ? Path.Combine(older, Folder) : null)
        : ask(["wireshark", "--version"]) is not { } version ? null
        : IsOlder(version) ? Older : Newer;

    /// <summary>The one of Wireshark 4.2 and later; null if nothing says where the user's files are.</summary>
    public string? Newer => OperatingSystem.IsWindows()
        ? InVariable("APPDATA", "Wireshark", Folder)
        : InVariable("HOME", ".local", "lib", "wireshark", Folder);

    /// <summary>The one of versions before that.</summary>
    public string? Older => OperatingSystem.IsWindows()
        ? Newer
        : InVariable("XDG_CONFIG_HOME", "wireshark", Folder) ?? InVariable("HOME", ".config", "wireshark", Folder);

    /// <summary>All that there may be.</summary>
    public IEnumerable<string> All() => new[] { Told(), Newer, Older }.OfType<string>().Distinct();

    private string? AskForFolders() => ask(["tshark", "-G", "folders"]);

    // As in "Wireshark 4.0.17 (Git v4.0.17).", which is the first line
    private static bool IsOlder(string version) => version.Split('\n')[0].Split(' ')
        .Select(word => Version.TryParse(word.TrimEnd().TrimEnd('.'), out var parsed) ? parsed : null)
        .OfType<Version>().FirstOrDefault() is { } first && first < new Version(4, 2);

    private static string? ValueOf(string told, string name) => told.Split('\n')
        .Select(line => line.Split(':', 2))
        .Where(line => line.Length == 2 && line[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(line => line[1].Trim())
        .FirstOrDefault(Path.IsPathFullyQualified);

    private string? InVariable(string name, params string[] folders) =>
        machine.Variable(name) is { } place && Path.IsPathFullyQualified(place) ? Path.Combine([place, .. folders]) : null;
}
