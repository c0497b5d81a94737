using System.CommandLine;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>An option as people read of it: by its declaration, or by itself where only one command has it.</summary>
/// <param name="Group">The heading that it stands under.</param>
/// <param name="Names">As they are written, short ones first.</param>
/// <param name="ValueName">What stands for the value; "" where there is none.</param>
/// <param name="Description">What it is for.</param>
/// <param name="Notes">Its variable and its default.</param>
internal sealed record OptionText(string Group, string Names, string ValueName, string Description, string Notes)
{
    /// <summary>What the value often is.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Those of a command, under their headings.</summary>
    public static IEnumerable<IGrouping<string, OptionText>> Of(Command command) =>
        command.Options.Where(option => !option.Hidden).Select(Of).GroupBy(option => option.Group);

    private static OptionText Of(Option option)
    {
        var names = string.Join(", ", option.Aliases.Append(option.Name));
        return Options.OfCommandLine.FirstOrDefault(declared => declared.Name == option.Name) is { } declaration
            ? new OptionText(declaration.Group, names, declaration.ValueName, declaration.Description, NotesOf(declaration)) { Words = declaration.Words }
            : new OptionText(Options.More, names, option.HelpName ?? "", option.Description ?? "", "");
    }

    private static string NotesOf(OptionDeclaration option) => string.Join(' ', new[]
    {
        option.Variable.Length == 0 ? null : $"[env: {option.Variables}]",
        option.Default is null ? null : $"[default: {option.Default}]",
    }.OfType<string>());
}
