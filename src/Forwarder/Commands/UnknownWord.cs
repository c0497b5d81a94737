using System.CommandLine;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// A word that is neither a command nor a port forward, as every forward has a colon. It is the only fault worth reporting:
/// what else a run lacks is no help to somebody who misspelt <c>status</c>.
/// </summary>
internal static class UnknownWord
{
    /// <summary>With one mistake in this many letters it is still taken for the same word.</summary>
    private const int LettersPerMistake = 3;

    /// <summary>The fault, if a line of the main command has such a word.</summary>
    public static Fault? Of(ParseResult line, ForwardFlags flags)
    {
        if (line.CommandResult.Command is not RootCommand root)
        {
            return null;
        }

        var before = "";
        foreach (var word in line.GetValue(flags.PortForwards) ?? [])
        {
            // After an unknown option it may be its value, and so a password.
            if (word.Length > 0 && word[0] != '-' && !word.Contains(':') && !before.StartsWith('-') && !SafeText.IsKeyLike(word))
            {
                return new Fault(FaultKind.Usage, $"'{word}' is neither a command nor a port forward, such as "
                    + $"{Introduction.Examples[0]}{Suggest(word, root)}");
            }

            before = word;
        }

        return null;
    }

    private static string Suggest(string word, RootCommand root)
    {
        var (name, mistakes) = root.Subcommands.Select(command => command.Name)
            .Concat(root.Options.Select(option => option.Name))
            .Select(name => (Name: name, Mistakes: Mistakes(word, name.TrimStart('-'))))
            .MinBy(candidate => candidate.Mistakes);
        return mistakes * LettersPerMistake <= word.Length ? $"; did you mean 'onetun {name}'?" : "";
    }

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
