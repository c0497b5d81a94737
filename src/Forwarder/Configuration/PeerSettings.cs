namespace Onetun.Forwarder.Configuration;

/// <summary>A peer as it was written.</summary>
/// <param name="Name">Names it in faults; empty for the one of the command line.</param>
/// <param name="Values">What was written for each option.</param>
internal sealed record PeerSettings(string Name, IReadOnlyDictionary<OptionDeclaration, Setting> Values)
{
    /// <summary>What was written for an option; absent where nothing was.</summary>
    public Setting this[OptionDeclaration option] => Values.GetValueOrDefault(option);

    /// <summary>This, and where it says nothing, the other.</summary>
    public PeerSettings Over(PeerSettings other) =>
        new(other.Name, other.Values.ToDictionary(pair => pair.Key, pair => this[pair.Key].Over(pair.Value)));

    /// <summary>The same with one option only.</summary>
    public PeerSettings Only(OptionDeclaration option) =>
        new(Name, Values.Where(pair => pair.Key == option).ToDictionary());
}
