namespace Onetun.Forwarder.Commands;

/// <summary>For bash from 3.2 on, which is that of macOS.</summary>
internal static class BashCompletion
{
    public static string Write(IReadOnlyList<CompletedCommand> commands)
    {
        var options = commands.SelectMany(command => command.Options).DistinctBy(option => option.Names[0]).ToList();
        var others = options.Where(option => option is { ValueName.Length: > 0, TakesFile: false, Choices.Count: 0 });
        var choices = options.Where(option => option.Choices.Count > 0)
            .Select(option => $"    {Pattern([option])}) words='{string.Join(' ', option.Choices)}' ;;");
        var (root, names) = (commands[0], commands.Skip(1).Select(command => command.Name));
        var rest = commands.Skip(1).Select(command => $"        {command.Name}) words='{Words([.. command.Words], command)}' ;;");
        // To bash the = of --option=value is a word of its own.
        return $$"""
            _onetun() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' command=''
                if [ "$word" = = ]; then
                    word=''
                elif [ "$before" = = ]; then
                    before=${COMP_WORDS[COMP_CWORD-2]}
                fi
                [ "$COMP_CWORD" -eq 1 ] || command=${COMP_WORDS[1]}
                COMPREPLY=()
                case $before in
                {{Pattern(options.Where(option => option.TakesFile))}})
                    local IFS=$'\n'
                    compopt -o filenames 2>/dev/null
                    COMPREPLY=($(compgen -f -- "$word"))
                    return ;;
                {{Pattern(others)}}) return ;;
            {{string.Join('\n', choices)}}
                *)
                    case $command in
                    '') words='{{Words(names, root)}}' ;;
            {{string.Join('\n', rest)}}
                    *) words='{{Words([], root)}}' ;;
                    esac ;;
                esac
                COMPREPLY=($(compgen -W "$words" -- "$word"))
            }
            complete -F _onetun onetun

            """;
    }

    private static string Words(IEnumerable<string> words, CompletedCommand command) =>
        string.Join(' ', words.Concat(command.Options.SelectMany(option => option.Names)));

    private static string Pattern(IEnumerable<CompletedOption> options) => string.Join('|', options.SelectMany(option => option.Names));
}
