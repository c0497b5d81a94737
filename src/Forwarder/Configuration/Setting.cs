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
internal readonly record struct Setting(string? Value, SettingSource Source)
{
    public bool IsPresent => Value is not null;

    /// <summary>The items of a list. wg-quick(8) splits those of a file at blanks too.</summary>
    public string[] Items => Source == SettingSource.File
        ? Value!.Split([',', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries)
        : Value!.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>This, or if it is absent, the other.</summary>
    public Setting Over(Setting other) => IsPresent ? this : other;
}
