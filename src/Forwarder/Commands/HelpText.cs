using System.CommandLine;
using System.CommandLine.Invocation;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>Writes the help of a command, its options in groups with their defaults and variables.</summary>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private const int Width = 100;
    private const int Indent = 2;

    /// <summary>Where the description of an option begins.</summary>
    private const int DescriptionIndent = 10;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command, parseResult.InvocationConfiguration.Output);
        return ExitCode.Success;
    }

    private static void Write(Command command, TextWriter output)
    {
        output.WriteLine(command.Description);
        WriteHeading(output, "Usage");
        foreach (var usage in Introduction.UsagesOf(command))
        {
            output.WriteLine($"  {usage}");
        }

        if (command is not RootCommand && command.Arguments.Any(argument => argument.Description is not null))
        {
            WriteHeading(output, "Arguments");
            foreach (var argument in command.Arguments)
            {
                output.WriteLine($"  {argument.Name}");
                WriteText(output, argument.Description ?? "", DescriptionIndent);
            }
        }

        if (command is RootCommand)
        {
            WriteIntroduction(command, output);
        }
        else if (command.Name == CompletionCommand.Name)
        {
            WriteInstallations(output);
        }

        var groups = OptionText.Of(command).ToList();
        foreach (var group in groups)
        {
            WriteHeading(output, groups.Count == 1 ? "Options" : group.Key);
            foreach (var option in group)
            {
                output.WriteLine($"  {option.Names}{(option.ValueName.Length == 0 ? "" : $" <{option.ValueName}>")}");
                WriteText(output, $"{option.Description} {option.Notes}", DescriptionIndent);
            }
        }

        if (command.Options.Any(option => option.Hidden && Options.OfCommandLine.Any(declared => declared.Name == option.Name)))
        {
            output.WriteLine();
            output.WriteLine("The other options of onetun are accepted and checked too, but change nothing here.");
        }
    }

    private static void WriteIntroduction(Command root, TextWriter output)
    {
        var usages = root.Subcommands.Select(command => (Introduction.ShortUsageOf(command), command.Description)).ToList();
        var column = usages.Max(usage => usage.Item1.Length);
        foreach (var (usage, description) in usages)
        {
            output.WriteLine($"  {usage.PadRight(column)}  {description}");
        }

        WriteHeading(output, $"Port forwards (also {Options.PortForward.Variables})");
        foreach (var paragraph in Introduction.Forwards)
        {
            WriteText(output, paragraph, Indent);
        }

        foreach (var example in Introduction.Examples)
        {
            output.WriteLine($"    {example}");
        }

        WriteHeading(output, "Variables (env)");
        WriteText(output, Introduction.Variables, Indent);
    }

    private static void WriteInstallations(TextWriter output)
    {
        foreach (var (shell, line) in CompletionCommand.Installations)
        {
            WriteHeading(output, $"To have it in {shell}");
            output.WriteLine($"  {line}");
        }
    }

    private static void WriteHeading(TextWriter output, string heading) => output.WriteLine($"{Environment.NewLine}{heading}:");

    private static void WriteText(TextWriter output, string text, int indent)
    {
        foreach (var line in WrappedText.Of(text, Width - indent))
        {
            output.WriteLine($"{new string(' ', indent)}{line}");
        }
    }
}
