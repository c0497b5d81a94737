using System.CommandLine;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// A word that is no option, or neither a command nor a port forward, as every forward has a colon. It is the only fault worth
/// reporting: what else a run lacks is no help to somebody who misspelt <c>status</c> or <c>--help</c>.
/// </summary>
internal static class UnknownWord
{
    /// <summary>With one mistake in this many letters it is still taken for the same word.</summary>
    private const int LettersPerMistake = 3;

    private const string VariablePrefix = "ONETUN_";

    private static readonly Dictionary<string, string[]> NamesInWireproxy = new()
    {
        [Options.Config.Name] = ["-c"],
        [Options.Check.Name] = ["-n", "--configtest"],
        [Options.Log.Name] = ["-s", "--silent"],
        [Options.Metrics.Name] = ["-i", "--info"],
    };

    /// <summary>The fault, if a line has such a word.</summary>
    public static Fault? Of(ParseResult line)
    {
        var command = line.CommandResult.Command;
        foreach (var word in command.Arguments.OfType<Argument<string[]>>().SelectMany(argument => line.GetValue(argument) ?? []))
        {
            if (word.StartsWith('-') && !PortForward.TryParse(word, out _, out _))
            {
                var name = word.Split('=')[0]; // What follows may be a password
                return new Fault(FaultKind.Usage, $"Unknown option {name}{SuggestOption(name, command)}");
            }

            if (command is RootCommand root && word.Length > 0 && !word.Contains(':') && !SafeText.IsKeyLike(word))
            {
                return new Fault(FaultKind.Usage, $"'{word}' is neither a command nor a port forward, such as "
                    + $"{Introduction.Examples[0]}{SuggestCommand(word, root)}");
            }
        }

        return null;
    }

    private static string SuggestCommand(string word, RootCommand root)
    {
        var names = root.Subcommands.Select(command => command.Name).Concat(root.Options.Select(option => option.Name));
        return Nearest(word, names.Select(name => (name, name))) is { } near ? $"; did you mean 'onetun {near}'?" : "";
    }

    /// <summary>By what else an option is called, too: in a variable, a file or another program it may have another name.</summary>
    private static string SuggestOption(string name, Command command)
    {
        var names = command.Options.SelectMany(option => option.Aliases
            .Append(option.Name)
            .Concat(OtherNames(option))
            .Concat(NamesInWireproxy.GetValueOrDefault(option.Name, []))
            .Select(text => (text, option.Name)));
        return Nearest(name, names) is { } near ? $"; did you mean {near}?" : "";
    }

    private static IEnumerable<string> OtherNames(Option option) =>
        Options.OfCommandLine.FirstOrDefault(declared => declared.Name == option.Name) is { Variable.Length: > 0 } declaration
            ? new[] { VariableName(declaration), declaration.InterfaceKey, declaration.PeerKey }.OfType<string>()
            : [];

    private static string VariableName(OptionDeclaration option) => option.Variable[VariablePrefix.Length..].Replace('_', '-');

    private static string? Nearest(string word, IEnumerable<(string Text, string Name)> candidates)
    {
        var plain = Plain(word);
        var (name, mistakes) = candidates
            .Select(candidate => (candidate.Name, Mistakes: Mistakes(plain, Plain(candidate.Text))))
            .MinBy(candidate => candidate.Mistakes);
        return mistakes * LettersPerMistake <= plain.Length ? name : null;
    }

    private static string Plain(string word) => word.TrimStart('-').ToUpperInvariant();

    /// <summary>How many letters are missing, too many, wrong, or swapped with the next (optimal string alignment).</summary>
    private static int Mistakes(string word, string name)
    {
        var counts = new int[word.Length + 1, name.Length + 1];
        for (var i = 0; i <= word.Length; i++)
        {
            for (var j = 0; j <= name.Length; j++)
            {
                counts[i, j] = i == 0 || j == 0 ? i + j : Math.Min(
                    Math.Min(counts[i - 1, j], counts[i, j - 1]) + 1,
                    counts[i - 1, j - 1] + (word[i - 1] == name[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && word[i - 1] == name[j - 2] && word[i - 2] == name[j - 1])
                {
                    counts[i, j] = Math.Min(counts[i, j], counts[i - 2, j - 2] + 1);
                }
            }
        }

        return counts[word.Length, name.Length];
    }
}
