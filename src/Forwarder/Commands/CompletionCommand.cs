using System.CommandLine;
using System.CommandLine.Completions;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// Writes the completion script of a shell. It has all it needs in it: asking the program at each key would take the 50 ms to 200 ms
/// of its start.
/// </summary>
internal sealed class CompletionCommand(RootCommand root)
{
    /// <summary>What the command is called.</summary>
    public const string Name = "completion";

    private static readonly Dictionary<string, Func<IReadOnlyList<CompletedCommand>, string>> Scripts = new()
    {
        ["bash"] = BashCompletion.Write,
        ["zsh"] = ZshCompletion.Write,
        ["fish"] = FishCompletion.Write,
        ["powershell"] = PowerShellCompletion.Write,
    };

    private readonly Argument<string> _shell = new("shell")
    {
        CompletionSources = { _ => Scripts.Keys.Select(shell => new CompletionItem(shell)) },
        Validators =
        {
            result =>
            {
                if (!Scripts.ContainsKey(result.Tokens[0].Value))
                {
                    result.AddError($"'{result.Tokens[0].Value}' is not one of {string.Join(", ", Scripts.Keys)}");
                }
            },
        },
    };

    /// <summary>What to type, once, in each shell.</summary>
    public static IReadOnlyList<(string Shell, string Line)> Installations { get; } =
    [
        ("bash", $"echo 'eval \"$(onetun {Name} bash)\"' >>~/.bashrc"),
        ("zsh", $"echo 'autoload -Uz compinit && compinit && eval \"$(onetun {Name} zsh)\"' >>~/.zshrc"),
        ("fish", $"onetun {Name} fish >~/.config/fish/completions/onetun.fish"),
        ("PowerShell", $"Add-Content $PROFILE 'onetun {Name} powershell | Out-String | Invoke-Expression'"),
    ];

    public Command Create()
    {
        var command = new Command(Name, "Writes the completion script of bash, zsh, fish or powershell.") { _shell };
        command.SetAction(line => line.InvocationConfiguration.Output.Write(
            Scripts[line.GetRequiredValue(_shell)](CompletedCommand.All(root))));
        return command;
    }
}
