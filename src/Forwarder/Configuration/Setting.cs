using Onetun.Tunnel.WgQuick;

namespace Onetun.Forwarder.Configuration;

/// <summary>Where a value came from; the later ones win.</summary>
internal enum SettingSource
{
    Absent,
    File,
    Environment,
    CommandLine,
}

/// <summary>A value as it was written, and where.</summary>
/// <param name="Value">Null if it was not.</param>
/// <param name="Source">The kind of place.</param>
/// <param name="Place">A variable, or a file and a line of it; null for the command line.</param>
/// <param name="File">The file that holds the value, where one does: who can read it can read the value.</param>
internal readonly record struct Setting(string? Value, SettingSource Source, string? Place = null, string? File = null)
{
    public bool IsPresent => Value is not null;

    /// <summary>A fault of the value, after where it stands.</summary>
    public string Locate(string fault) => Place is null ? fault : $"{Place}: {fault}";

    /// <summary>The items of a list, which those of a file may have blanks between.</summary>
    public string[] Items => Source == SettingSource.File
        ? WgQuickValues.Items(Value!)
        : Value!.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>This, or if it is absent, the other.</summary>
    public Setting Over(Setting other) => IsPresent ? this : other;
}
