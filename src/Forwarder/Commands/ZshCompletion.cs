namespace Onetun.Forwarder.Commands;

/// <summary>For zsh: as a file named _onetun in its fpath, or evaluated behind compinit.</summary>
internal static class ZshCompletion
{
    public static string Write(IReadOnlyList<CompletedCommand> commands)
    {
        var names = commands.Skip(1).Select(command => $"        {Quote($"{command.Name}:{command.Summary}")}");
        var cases = commands.Skip(1).Select(command => $"    {command.Name}) specs=({Specs(command)}) ;;");
        return $$"""
            #compdef onetun
            _onetun() {
                local -a specs commands=(
            {{string.Join('\n', names)}}
                )
                if (( CURRENT == 2 )); then
                    _describe command commands
                fi
                case ${${CURRENT:#2}:+$words[2]} in
            {{string.Join('\n', cases)}}
                *) specs=({{Specs(commands[0])}}) ;;
                esac
                _arguments $specs
            }
            if [ "$funcstack[1]" = _onetun ]; then
                _onetun "$@"
            else
                compdef _onetun onetun
            fi

            """;
    }

    private static string Specs(CompletedCommand command)
    {
        var options = command.Options.SelectMany(option => option.Names.Select(name => Quote(
            $"*{name}{(option.ValueName.Length > 0 && name.StartsWith("--", StringComparison.Ordinal) ? "=" : "")}"
            + $"[{Escape(option.Summary)}]{Value(option)}")));
        // What is no option has to be there too, or none is completed behind it.
        var words = Quote($"*:word:({string.Join(' ', command.Words)})");
        return string.Concat(options.Append(words).Select(spec => $"\n        {spec}"));
    }

    private static string Value(CompletedOption option) => option switch
    {
        { ValueName.Length: 0 } => "",
        { TakesFile: true } => ":file:_files",
        { Choices.Count: > 0 } => $":value:({string.Join(' ', option.Choices)})",
        _ => $":{Escape(option.ValueName)}: ",
    };

    // In a specification a bracket ends the description, and a colon the message.
    private static string Escape(string text) => text
        .Replace("[", "\\[", StringComparison.Ordinal)
        .Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
