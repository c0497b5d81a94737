using System.CommandLine;
using System.CommandLine.Invocation;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Writes what is needed most, which a terminal of 24 lines and 80 columns has room for.</summary>
internal sealed class BriefHelp : SynchronousCommandLineAction
{
    private const int Width = 80;

    private static readonly string[] Essential = ["demo", "stdio", "status", "doctor"];

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    private static void Write(Command root, TextWriter output)
    {
        foreach (var line in WrappedText.Of(Introduction.Summary, Width))
        {
            output.WriteLine(line);
        }

        output.WriteLine();
        output.WriteLine("  onetun <src_port>:<dst_host>:<dst_port>[:TCP,UDP] [...] [options]");
        foreach (var usage in Introduction.UsagesOf(root).Skip(1))
        {
            output.WriteLine($"  {usage}");
        }

        output.WriteLine();
        var commands = root.Subcommands.ToLookup(command => Essential.Contains(command.Name));
        WriteTable(output, commands[true].Select(command => ($"onetun {command.Name}", CompletedOption.Shorten(command.Description!))));
        output.WriteLine($"  Also: {string.Join(", ", commands[false].Select(command => command.Name))}{Environment.NewLine}");
        WriteTable(output, Introduction.Essentials.Select(essential => (NameOf(essential.Option), essential.Text)));
        output.WriteLine();
        output.WriteLine("All options: onetun --help-all. Those of a command: onetun <command> --help");
    }

    private static void WriteTable(TextWriter output, IEnumerable<(string Name, string Text)> rows)
    {
        var table = rows.ToList();
        var width = table.Max(row => row.Name.Length);
        foreach (var (name, text) in table)
        {
            output.WriteLine($"  {name.PadRight(width)}  {text}");
        }
    }

    private static string NameOf(OptionDeclaration option) =>
        $"{(option.ShortName is null ? "" : $"{option.ShortName}, ")}{option.Name}{(option.ValueName.Length == 0 ? "" : $" <{option.ValueName}>")}";
}
