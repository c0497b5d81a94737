namespace Onetun.Forwarder.Configuration;

/// <summary>
/// All that is known of an option: what its value is called wherever it may stand, what people are told of it, and what it
/// does. The command line, its help, the environment, files, <c>--check</c> and reloads go by it.
/// </summary>
/// <param name="Group">The heading under which the help has it.</param>
/// <param name="Name">On the command line.</param>
/// <param name="Variable">The environment variable; with _FILE behind it, that of a file that holds the value.</param>
/// <param name="ValueName">What stands for the value in the help.</param>
/// <param name="Description">For people.</param>
internal sealed record OptionDeclaration(string Group, string Name, string Variable, string ValueName, string Description)
{
    /// <summary>What holds without it, for people.</summary>
    public string? Default { get; init; }

    /// <summary>What its value is called, if others must not read it.</summary>
    public string? Secret { get; init; }

    /// <summary>Whether another option, with the variable that ends in _FILE, takes the file of its value.</summary>
    public bool HasFileOption { get; init; }

    /// <summary>Whether it may be given again, which is as good as commas, also in a file.</summary>
    public bool IsList { get; init; }

    /// <summary>Whether it is of the tunnel itself, which <c>stdio</c> has too, and not of what goes through it.</summary>
    public bool IsOfTunnel { get; init; } = true;

    /// <summary>The key in the [Interface] of a wg-quick file.</summary>
    public string? InterfaceKey { get; init; }

    /// <summary>The key in the [Peer] of a wg-quick file.</summary>
    public string? PeerKey { get; init; }

    /// <summary>Understands the value; null where a reader of its own does, with what else it needs.</summary>
    public Effect? Effect { get; init; }

    /// <summary>What holds of a configuration, as <c>--check</c> shows it; a reload cannot change it. Null shows nothing.</summary>
    public Func<ForwarderConfiguration, string?>? Fixed { get; init; }

    /// <summary>What <c>--check</c> calls it.</summary>
    public string Label { get; init; } = "";
}
