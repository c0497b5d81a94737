using System.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>For fish.</summary>
internal static class FishCompletion
{
    public static string Write(IReadOnlyList<CompletedCommand> commands)
    {
        var names = commands.Skip(1).Select(command => command.Name);
        var text = new StringBuilder("complete -c onetun -f\n");
        foreach (var command in commands.Skip(1))
        {
            Line(text, "__fish_use_subcommand", $"-a {command.Name}", command.Summary);
            var isHere = $"__fish_seen_subcommand_from {command.Name}";
            foreach (var word in command.Words)
            {
                Line(text, isHere, $"-a {word}", word);
            }

            WriteOptions(text, isHere, command);
        }

        WriteOptions(text, $"not __fish_seen_subcommand_from {string.Join(' ', names)}", commands[0]);
        return text.ToString();
    }

    private static void WriteOptions(StringBuilder text, string condition, CompletedCommand command)
    {
        foreach (var option in command.Options)
        {
            var names = string.Join(' ', option.Names.Select(
                name => name.StartsWith("--", StringComparison.Ordinal) ? $"-l {name[2..]}" : $"-s {name[1..]}"));
            var value = option switch
            {
                { ValueName.Length: 0 } => "",
                { TakesFile: true } => " -r -F",
                { Choices.Count: > 0 } => $" -x -a {Quote(string.Join(' ', option.Choices))}",
                _ => " -x",
            };
            Line(text, condition, names + value, option.Summary);
        }
    }

    private static void Line(StringBuilder text, string condition, string what, string summary) =>
        text.Append($"complete -c onetun -n {Quote(condition)} {what} -d {Quote(summary)}\n");

    private static string Quote(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
