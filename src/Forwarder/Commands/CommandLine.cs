using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Hosting;

namespace Onetun.Forwarder.Commands;

/// <summary>The whole command line of onetun.</summary>
internal sealed class CommandLine
{
    private readonly RootCommand _root = new(Introduction.Summary);
    private readonly InvocationConfiguration _invocation;

    public CommandLine(Machine machine, TextReader input, TextWriter output, TextWriter error)
    {
        // We handle signals ourselves, and a fault of ours should show where it happened.
        _invocation = new InvocationConfiguration
        {
            Output = output,
            Error = error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        machine = machine with { ReadInput = input.ReadToEnd };
        var flags = new ForwardFlags();
        _root.Options.Clear();
        flags.AddTo(_root);
        _root.SetAction(new ForwardCommand(flags, machine).RunAsync);
        _root.Subcommands.Add(new DemoCommand(machine).Create());
        _root.Subcommands.Add(new StdioCommand(flags, machine).Create());
        _root.Subcommands.Add(new StatusCommand(machine).Create());
        _root.Subcommands.Add(new CaptureCommand(machine).Create());
        _root.Subcommands.Add(new ExtcapCommand(machine).Create());
        _root.Subcommands.Add(new DoctorCommand(machine).Create());
        _root.Subcommands.Add(new CompletionCommand(_root).Create());
        _root.Subcommands.Add(new ManCommand(_root).Create());
        foreach (var command in KeyCommands.Create(input))
        {
            _root.Subcommands.Add(command);
        }

        foreach (var command in _root.Subcommands)
        {
            command.Options.Add(new HelpOption("--help", "-h") { Description = "Shows this text.", Action = new HelpText() });
        }

        _root.Options.Add(new HelpOption("--help", "-h") { Description = "Shows what is needed most.", Action = new BriefHelp() });
        _root.Options.Add(new HelpOption("--help-all") { Description = "Shows all options.", Action = new HelpText() });
        _root.Options.Add(new VersionOption("--version", "-V") { Description = "Shows the version.", Action = new ShowVersion() });
    }

    /// <summary>Runs what the arguments ask for, until it is stopped, and returns the exit code.</summary>
    public async Task<int> RunAsync(string[] arguments, CancellationToken stop = default)
    {
        var line = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (line.Errors.Count > 0 && line.Action is not (HelpText or BriefHelp or ShowVersion))
        {
            var faults = line.Errors.Select(error => new Fault(FaultKind.Usage, error.Message));
            return Refuse(line, [.. faults]);
        }

        if (line.Action is not (HelpText or BriefHelp or ShowVersion) && UnknownWord.Of(line) is { } fault)
        {
            return Refuse(line, [fault]);
        }

        return await line.InvokeAsync(_invocation, stop).ConfigureAwait(false);
    }

    private int Refuse(ParseResult line, IReadOnlyList<Fault> faults)
    {
        var command = line.CommandResult.Command;
        return FaultReport.Write(_invocation.Error, faults, command is RootCommand ? null : command.Name);
    }

    private sealed class ShowVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"onetun {StatusSource.Version}");
            return ExitCode.Success;
        }
    }
}
