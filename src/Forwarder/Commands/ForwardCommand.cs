using System.CommandLine;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>The main command: forwards until it is told to stop.</summary>
internal sealed class ForwardCommand(ForwardFlags flags, Machine machine)
{
    public async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var error = line.InvocationConfiguration.Error;
        var settings = SettingsReader.Read(line, flags, machine);
        // SIGHUP ends a process that does not expect it, so it is handled from the beginning; without a file there is nothing
        // to read again.
        var terminal = Terminal.Find();
        using var manager = ServiceManager.Find(machine);
        using var hangups = settings[Options.Config].IsPresent ? new HangupSignals(terminal) : null;
        var (configuration, faults) = await ReadAsync(settings, cancellationToken).ConfigureAwait(false);
        if (configuration is null)
        {
            return FaultReport.Write(error, faults);
        }

        using (configuration)
        {
            if (line.GetValue(flags.Check))
            {
                CheckReport.Write(line.InvocationConfiguration.Output, configuration);
                return ExitCode.Success;
            }

            var (claim, holder) = await TunnelSharing.ClaimPatientlyAsync(configuration, machine, cancellationToken).ConfigureAwait(false);
            if (claim is null)
            {
                return FaultReport.Write(error, [TunnelSharing.Refusal(holder!)]);
            }

            using (claim)
            using (var loggers = LogOutput.Create(configuration.Log, configuration.LogFormat))
            {
                return await RunAsync(
                    TunnelSharing.WithGate(configuration, claim), settings, terminal, hangups, manager, loggers, error, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private async Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync(
        Settings settings, CancellationToken cancellationToken)
    {
        using var progress = Progress.Of("Reading the configuration and looking up names");
        return await ConfigurationReader.ReadAsync(settings, machine, cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> RunAsync(
        ForwarderConfiguration configuration,
        Settings settings,
        Terminal terminal,
        HangupSignals? hangups,
        ServiceManager manager,
        ILoggerFactory loggers,
        TextWriter error,
        CancellationToken stop)
    {
        using var signals = new StopSignals(Gateway.PromiseOf(configuration.Shutdown), ExitCode.Success, terminal);
        using var stopping = stop.Register(() => signals.Stop("The stop of the service"));
        var lines = configuration.Services.Metrics is null ? null : LogRing.Beside(loggers);
        var logger = loggers.CreateLogger("onetun");
        foreach (var warning in configuration.Warnings)
        {
            logger.ConfigurationWarning(warning);
        }

        Preloading.Run();
        var tracing = new Tracing(configuration.Capture, error);
        await using var _ = tracing.ConfigureAwait(false);
        var (gateway, faults) = await Gateway.StartAsync(tracing.Of(configuration), loggers, machine, lines).ConfigureAwait(false);
        if (gateway is null)
        {
            return FaultReport.Write(error, faults);
        }

        var control = ControlSockets.Open(gateway, machine, loggers);
        var report = new ServiceReport(manager, () => ServiceReport.Of(gateway), gateway.ProveAliveAsync, TimeProvider.System);
        var reloader = hangups is null ? null : new Reloader(gateway, settings, machine, hangups, report, logger);
        await using (gateway.ConfigureAwait(false))
        await using (control.ConfigureAwait(false))
        await using (report.ConfigureAwait(false))
        {
            var signal = await signals.First.ConfigureAwait(false);
            manager.Stopping();
            logger.Stopping(signal, Gateway.DrainOf(configuration.Shutdown).TotalSeconds);
            if (reloader is not null)
            {
                await reloader.DisposeAsync().ConfigureAwait(false);
            }

            await gateway.StopAsync(configuration.Shutdown).ConfigureAwait(false);
            gateway.Configuration.Dispose();
        }

        return ExitCode.Success;
    }
}
