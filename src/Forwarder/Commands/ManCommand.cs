using System.CommandLine;

namespace Onetun.Forwarder.Commands;

/// <summary>Writes the manual page, which packages keep, and the table of docs/options.md.</summary>
internal sealed class ManCommand(RootCommand root)
{
    private readonly Option<bool> _options = new("--options")
    {
        Description = "Writes a table of all options in Markdown instead.",
    };

    public Command Create()
    {
        var command = new Command("man", "Writes the manual page: onetun man | man -l -") { _options };
        command.SetAction(line => line.InvocationConfiguration.Output.Write(
            line.GetValue(_options) ? OptionTable.Write() : ManualPage.Of(root)));
        return command;
    }
}
