using System.CommandLine;
using System.CommandLine.Completions;

namespace Onetun.Forwarder.Commands;

/// <summary>A command as a shell completes it.</summary>
/// <param name="Name">What it is called; "" for the main one.</param>
/// <param name="Summary">What it is for, in a few words.</param>
/// <param name="Options">Those that its help shows.</param>
/// <param name="Words">What may stand behind it: the values of its argument, where these are few.</param>
internal sealed record CompletedCommand(
    string Name, string Summary, IReadOnlyList<CompletedOption> Options, IReadOnlyList<string> Words)
{
    /// <summary>The main command, and behind it the others.</summary>
    public static IReadOnlyList<CompletedCommand> All(RootCommand root) => [.. root.Subcommands.Prepend<Command>(root).Select(Of)];

    private static CompletedCommand Of(Command command) => new(
        command is RootCommand ? "" : command.Name,
        CompletedOption.Shorten(command.Description!),
        [.. OptionText.Of(command).SelectMany(group => group).Select(CompletedOption.Of)],
        [.. command.Arguments.SelectMany(argument => argument.GetCompletions(CompletionContext.Empty)).Select(word => word.Label)]);
}
