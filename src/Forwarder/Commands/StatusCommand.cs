using System.CommandLine;
using System.Text.Json;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Onetun.Forwarder.Commands;

/// <summary>Shows how the running processes of this user stand.</summary>
internal sealed class StatusCommand(Machine machine, TimeProvider? clock = null)
{
    private const string NoProcess = "No onetun process of this user is running.";

    /// <summary>Wide enough that no line is broken where no terminal says how wide it is.</summary>
    private const int FileWidth = 200;

    /// <summary>Between the two looks that a rate takes.</summary>
    private static readonly TimeSpan Glance = TimeSpan.FromSeconds(0.5);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Option<bool> _json = new("--json")
    {
        Description = "One JSON array of all processes; with --watch, one per second.",
    };

    private readonly Option<bool> _watch = new("--watch")
    {
        Description = "Refreshes every second until Ctrl-C: a live view, or one line per process where there is no terminal.",
    };

    private readonly Option<bool> _ready = new("--ready")
    {
        Description = "Only tells by the exit code whether all are ready, as /readyz does: 0, or else 1 and why.",
    };

    private readonly ProcessFinder _finder = new(ControlDirectory.Places(machine));
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private IReadOnlyList<ProcessStatus> _last = [];

    public Command Create()
    {
        var command = new Command("status", "Shows the running processes: peers, forwards, rates.") { _json, _watch, _ready };
        command.SetAction(RunUntilSignalAsync);
        return command;
    }

    /// <summary>Runs until told to stop.</summary>
    public async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var (output, error) = (line.InvocationConfiguration.Output, line.InvocationConfiguration.Error);
        try
        {
            foreach (var problem in await LookFirstAsync(stop).ConfigureAwait(false))
            {
                await error.WriteLineAsync($"warning: {problem}").ConfigureAwait(false);
            }

            if (_last.Count == 0)
            {
                await error.WriteLineAsync(NoProcess).ConfigureAwait(false);
                return ExitCode.Failure;
            }

            if (line.GetValue(_ready))
            {
                return await TellReadinessAsync(error).ConfigureAwait(false);
            }

            var isTerminal = StandardStreams.IsTerminal(output);
            switch (line.GetValue(_watch), line.GetValue(_json))
            {
                case (true, false) when isTerminal:
                    await WatchAsync(AnsiConsole.Console, stop).ConfigureAwait(false);
                    break;
                case (true, var json):
                    await WatchAsync(json ? WriteJson : WriteLines, output, stop).ConfigureAwait(false);
                    break;
                case (false, var json):
                    await Task.Delay(Glance, _clock, stop).ConfigureAwait(false);
                    await LookAsync(stop).ConfigureAwait(false);
                    Action<TextWriter> write = json ? WriteJson : isTerminal ? WriteTerminal : WriteFile;
                    write(output);
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how a watch ends.
        }

        return ExitCode.Success;
    }

    private async Task<int> TellReadinessAsync(TextWriter error)
    {
        ProcessStatus[] waiting = [.. _last.Where(process => !process.Ready)];
        foreach (var process in waiting)
        {
            await error.WriteLineAsync($"Process {process.Pid} is not ready: no peer of it has answered.").ConfigureAwait(false);
        }

        return waiting.Length == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task<int> RunUntilSignalAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Success);
        using var stopping = signals.Link(cancellationToken);
        return await RunAsync(line, stopping.Token).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string>> LookFirstAsync(CancellationToken stop)
    {
        using var progress = Progress.Of("Asking the running processes");
        return await LookAsync(stop).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string>> LookAsync(CancellationToken stop)
    {
        var found = await _finder.FindAsync(stop).ConfigureAwait(false);
        var earlier = _last.ToLookup(process => process.Pid);
        _last =
        [
            .. found.Processes.Select(
                process => StatusRates.Between(earlier[process.Pid].FirstOrDefault(), process)),
        ];
        return found.Problems;
    }

    private async Task WatchAsync(IAnsiConsole console, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        // What does not fit is cut from the last forwards, not from the peers.
        await console.Live(View()).Cropping(VerticalOverflowCropping.Bottom).StartAsync(async live =>
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                await LookAsync(stop).ConfigureAwait(false);
                live.UpdateTarget(View());
            }
        }).ConfigureAwait(false);
    }

    private async Task WatchAsync(Action<TextWriter> write, TextWriter output, CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        do
        {
            write(output);
            await output.FlushAsync(stop).ConfigureAwait(false);
            await timer.WaitForNextTickAsync(stop).ConfigureAwait(false);
            await LookAsync(stop).ConfigureAwait(false);
        }
        while (true);
    }

    private IRenderable View() => _last.Count == 0 ? new Text(NoProcess) : StatusView.Of(_last);

    private void WriteTerminal(TextWriter output) => AnsiConsole.Write(View());

    private void WriteFile(TextWriter output)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        console.Profile.Width = FileWidth;
        console.Write(View());
    }

    private void WriteJson(TextWriter output) =>
        output.WriteLine(JsonSerializer.Serialize(_last, StatusJson.Plain.IReadOnlyListProcessStatus));

    private void WriteLines(TextWriter output)
    {
        foreach (var process in _last)
        {
            output.WriteLine(StatusLine.Of(process));
        }
    }
}
