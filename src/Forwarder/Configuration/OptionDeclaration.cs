namespace Onetun.Forwarder.Configuration;

/// <summary>
/// All that is known of an option: what its value is called wherever it may be written, what people are told of it, and what it
/// does. The command line, its help, the environment, files, <c>--check</c> and reloads go by it.
/// </summary>
/// <param name="Group">The heading under which the help has it.</param>
/// <param name="Name">On the command line.</param>
/// <param name="Variable">The environment variable; with _FILE after it, that of a file that holds the value. None is "".</param>
/// <param name="ValueName">What stands for the value in the help; "" where there is none.</param>
/// <param name="Description">As people are told.</param>
internal sealed record OptionDeclaration(string Group, string Name, string Variable, string ValueName, string Description)
{
    /// <summary>The name of one letter.</summary>
    public string? ShortName { get; init; }

    /// <summary>What applies without it, as people are told.</summary>
    public string? Default { get; init; }

    /// <summary>What its value often is, for a shell to complete.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>What its value is called, if others must not read it.</summary>
    public string? Secret { get; init; }

    /// <summary>Whether its variable may not be set and empty, as others may: without a value there is no protection.</summary>
    public bool IsNeverEmpty { get; init; }

    /// <summary>Whether another option, with the variable that ends in _FILE, takes the file of its value.</summary>
    public bool HasFileOption { get; init; }

    /// <summary>Whether it may be given again, which is as good as commas, also in a file.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether there may be many, each with a variable of its own: NAME_1, NAME_2 and so on.</summary>
    public bool IsNumbered { get; init; }

    /// <summary>Whether it is of the tunnel itself, which <c>stdio</c> has too, and not of what goes through it.</summary>
    public bool IsOfTunnel { get; init; } = true;

    /// <summary>
    /// Whether it matters only while onetun runs: <c>doctor</c> accepts it, so that it can be given the command line of a run.
    /// </summary>
    public bool IsOfRun { get; init; }

    /// <summary>The key in the [Interface] of a wg-quick file.</summary>
    public string? InterfaceKey { get; init; }

    /// <summary>The key in the [Peer] of a wg-quick file.</summary>
    public string? PeerKey { get; init; }

    /// <summary>The comment of a wg-quick file in which it may be written.</summary>
    public string? FileComment { get; init; }

    /// <summary>Its variable, or variables, as people are told.</summary>
    public string Variables => IsNumbered ? $"{Variable}1, _2, ..." : Variable;

    /// <summary>What its value is called where it was written.</summary>
    public string NameIn(SettingSource source) => (source == SettingSource.File ? InterfaceKey ?? PeerKey : null) ?? Name;

    /// <summary>Understands the value; null where a reader of its own does, with what else it needs.</summary>
    public Effect? Effect { get; init; }

    /// <summary>What holds of a configuration, as <c>--check</c> shows it; a reload cannot change it. Null shows nothing.</summary>
    public Func<ForwarderConfiguration, string?>? Fixed { get; init; }

    /// <summary>What <c>--check</c> calls it.</summary>
    public string Label { get; init; } = "";
}
