using System.CommandLine;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Doctor;

namespace Onetun.Forwarder.Commands;

/// <summary>Says why nothing works, step by step, and what to do.</summary>
internal sealed class DoctorCommand(Machine machine)
{
    private const int LimitSeconds = 30;

    private readonly ForwardFlags _flags = new(option => option.IsOfTunnel && !option.IsOfRun);

    public Command Create()
    {
        var command = new Command("doctor", "Says why nothing works: names, handshake, routes, ports, MTU.");
        _flags.AddTo(command);
        command.SetAction(RunUntilSignalAsync);
        return command;
    }

    /// <summary>Runs to the end of the examination, or until told to stop.</summary>
    public async Task<int> RunAsync(ParseResult line, CancellationToken stop)
    {
        var output = line.InvocationConfiguration.Output;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(LimitSeconds));
        var settings = SettingsReader.Read(line, _flags, machine) with { NeedsForwards = false };
        var problems = 0;
        using var progress = Progress.Of("Examining");
        try
        {
            await foreach (var finding in Examination.RunAsync(settings, machine, limit.Token).ConfigureAwait(false))
            {
                progress.Clear();
                finding.WriteTo(output);
                problems += finding.Verdict == Verdict.Problem ? 1 : 0;
                limit.Token.ThrowIfCancellationRequested(); // A step that had ended by then does not look
            }
        }
        catch (OperationCanceledException)
        {
            progress.Clear();
            var reason = stop.IsCancellationRequested ? "stopped" : $"not finished after {LimitSeconds} s";
            await output.WriteLineAsync($"The examination was {reason}.").ConfigureAwait(false);
            return stop.IsCancellationRequested && problems == 0 ? ExitCode.Success : ExitCode.Failure;
        }

        progress.Clear();
        await output.WriteLineAsync(problems == 0 ? "All is well." : $"Problems: {problems}.").ConfigureAwait(false);
        return problems == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async Task<int> RunUntilSignalAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Success);
        using var stopping = signals.Link(cancellationToken);
        return await RunAsync(line, stopping.Token).ConfigureAwait(false);
    }
}
