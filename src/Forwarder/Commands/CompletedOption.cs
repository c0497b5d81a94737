namespace Onetun.Forwarder.Commands;

/// <summary>An option as a shell completes it.</summary>
/// <param name="Names">As they are written.</param>
/// <param name="Summary">What it is for, in a few words.</param>
/// <param name="ValueName">What stands for the value; "" where there is none.</param>
/// <param name="Choices">The values there are, where these are few, or those that are usual.</param>
internal sealed record CompletedOption(IReadOnlyList<string> Names, string Summary, string ValueName, IReadOnlyList<string> Choices)
{
    private const string File = "file";

    /// <summary>Whether its value is the name of a file.</summary>
    public bool TakesFile => ValueName == File;

    /// <summary>An option as people read of it.</summary>
    public static CompletedOption Of(OptionText option) => new(
        option.Names.Split(", "),
        Shorten(option.Description),
        option.ValueName,
        option.ValueName.Contains('|') ? option.ValueName.Split('|') : option.Words);

    /// <summary>The first clause of a text, which a list of a shell has room for.</summary>
    public static string Shorten(string text) => text.Split([". ", ": ", "; ", " ("], StringSplitOptions.None)[0].TrimEnd('.');
}
