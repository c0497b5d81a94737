using System.CommandLine;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Doctor;

namespace Onetun.Forwarder.Commands;

/// <summary>Says why nothing works, step by step, and what to do.</summary>
internal sealed class DoctorCommand(ForwardFlags flags, Machine machine)
{
    private const int LimitSeconds = 30;

    public Command Create()
    {
        var command = new Command("doctor", "Says why nothing works: names, handshake, routes, ports, MTU.");
        flags.AddTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var output = line.InvocationConfiguration.Output;
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Failure);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = signals.First.ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        limit.CancelAfter(TimeSpan.FromSeconds(LimitSeconds));
        var problems = 0;
        try
        {
            await foreach (var finding in ExamineAsync(line, limit.Token).ConfigureAwait(false))
            {
                finding.WriteTo(output);
                problems += finding.Verdict == Verdict.Problem ? 1 : 0;
            }
        }
        catch (OperationCanceledException)
        {
            var reason = stopping.IsCancellationRequested ? "stopped" : $"not finished after {LimitSeconds} s";
            await output.WriteLineAsync($"The examination was {reason}.").ConfigureAwait(false);
            return ExitCode.Failure;
        }

        await output.WriteLineAsync(problems == 0 ? "All is well." : $"Problems: {problems}.").ConfigureAwait(false);
        return problems == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    private async IAsyncEnumerable<Finding> ExamineAsync(
        ParseResult line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ClockCheck.Of(DateTime.UtcNow, Directory.GetLastWriteTimeUtc(AppContext.BaseDirectory));
        var settings = SettingsReader.Read(line, flags, machine) with { NeedsForwards = false };
        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, machine, cancellationToken)
            .ConfigureAwait(false);
        foreach (var finding in ConfigurationCheck.Of(configuration, faults))
        {
            yield return finding;
        }

        if (configuration is null)
        {
            yield break;
        }

        using (configuration)
        {
            var publicKey = configuration.Tunnel.PrivateKey.PublicKey.ToString();
            var found = await new ProcessFinder(ControlDirectory.Candidates(machine)).FindAsync(cancellationToken)
                .ConfigureAwait(false);
            foreach (var finding in OtherProcessCheck.Of(publicKey, found.Processes))
            {
                yield return finding;
            }

            var examination = new Examination(configuration, machine, new Patience());
            await using (examination.ConfigureAwait(false))
            {
                await foreach (var finding in examination.RunAsync(cancellationToken).ConfigureAwait(false))
                {
                    yield return finding;
                }
            }
        }
    }
}
