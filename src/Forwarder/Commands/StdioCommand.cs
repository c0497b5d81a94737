using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Gate;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// One connection between standard input and output and a host behind the tunnel, for ssh's ProxyCommand.
/// </summary>
internal sealed class StdioCommand(ForwardFlags flags, Machine machine)
{
    private const string Name = "stdio";

    private static readonly string NoTarget =
        $"HOST:PORT is missing, and there is no {WireproxyKind.Stdio.Name} in a file that says where standard input and output go";

    // How long a connection may go on once its ssh has gone: a server answers the end of the input with its own.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    // How long another process may take to open its gate, or to end.
    private static readonly TimeSpan GatePatience = TimeSpan.FromSeconds(10);

    private readonly Argument<string?> _target = new("HOST:PORT") { Arity = ArgumentArity.ZeroOrOne };

    public Command Create()
    {
        var command = new Command(Name, "Carries standard input and output to a host behind the tunnel.") { _target };
        flags.AddTunnelTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var error = line.InvocationConfiguration.Error;
        var target = line.GetValue(_target);
        var settings = SettingsReader.ReadTunnel(line, flags, machine);
        if (settings[CaptureOptions.Pcap].Value == "-")
        {
            const string message = "--pcap - cannot be used with stdio: both need standard output";
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, message)], Name);
        }

        if (ConfigurationFile.IsStandardInput(settings[Options.Config]))
        {
            const string message = "--config - cannot be used with stdio: both need standard input";
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, message)], Name);
        }

        if (FaultOf(target, settings[Options.Config].IsPresent, out var destination) is { } fault)
        {
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, fault)], Name);
        }

        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, machine, cancellationToken)
            .ConfigureAwait(false);
        if (configuration is null)
        {
            return FaultReport.Write(error, faults, Name);
        }

        using (configuration)
        using (var loggers = CreateLoggers(settings, configuration))
        {
            destination ??= configuration.Stdio;
            if (destination is null)
            {
                return FaultReport.Write(error, [new Fault(FaultKind.Usage, NoTarget)], Name);
            }

            var tracing = new Tracing(configuration.Capture, error);
            await using var _ = tracing.ConfigureAwait(false);
            var (exitCode, startFaults) = await RunAsync(tracing.Of(configuration), destination, loggers).ConfigureAwait(false);
            return startFaults.Count > 0 ? FaultReport.Write(error, startFaults) : exitCode;
        }
    }

    /// <summary>What is wrong with a target; none may be given where a file may have one.</summary>
    private static string? FaultOf(string? target, bool hasFile, out EndPoint? destination)
    {
        destination = null;
        if (target is null)
        {
            return hasFile ? null : NoTarget;
        }

        if (!HostText.TryParseHostAndPort(target, 1, out var host, out var port))
        {
            return $"'{target}' is not host:port";
        }

        destination = NamedEndPoint.Of(host, port);
        return OutsideFault.Of(host);
    }

    /// <summary>Through a process that has the tunnel already, or through our own, which others may use from then on.</summary>
    private async Task<(int ExitCode, IReadOnlyList<Fault> Faults)> RunAsync(
        ForwarderConfiguration configuration, EndPoint destination, ILoggerFactory loggers)
    {
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Failure);
        using var stopping = signals.Link(CancellationToken.None);
        // SIGHUP is how ssh ends what it no longer needs.
        using var hangup = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        using var hangups = OperatingSystem.IsWindows() ? null : On(PosixSignal.SIGHUP, hangup);
        var logger = loggers.CreateLogger("onetun::stdio");
        try
        {
            for (var started = Stopwatch.GetTimestamp(); ;)
            {
                var (claim, holder) = TunnelSharing.Claim(configuration, machine);
                if (claim is not null)
                {
                    using (claim)
                    {
                        // The forwards in a file are for the main command.
                        var tunnelOnly = configuration with { Forwards = [], Services = new ServiceConfiguration() };
                        return await RunAsync(
                            TunnelSharing.WithGate(tunnelOnly, claim), destination, loggers, logger, signals, hangup.Token).ConfigureAwait(false);
                    }
                }

                var (server, refusal) = await GateClient.ConnectAsync(holder!.Gate, destination, hangup.Token).ConfigureAwait(false);
                if (refusal is not null)
                {
                    logger.StdioFailed(destination, refusal);
                    return (ExitCode.Failure, []);
                }

                if (server is not null)
                {
                    logger.StdioConnected(destination, $"{holder}");
                    await using (server.ConfigureAwait(false))
                    {
                        var result = await RelayAsync(server, hangup.Token, stopping.Token).ConfigureAwait(false);
                        var isGone = result.Error is not null && !await GateClient.IsOpenAsync(holder.Gate).ConfigureAwait(false);
                        var reason = isGone ? $"{holder}, which had the tunnel, has ended" : null;
                        return (Conclude(result, destination, logger, reason), []);
                    }
                }

                // That process may just have begun, or be about to end.
                if (Stopwatch.GetElapsedTime(started) > GatePatience)
                {
                    return (ExitCode.Failure, [TunnelSharing.Refusal(holder)]);
                }

                await Task.Delay(TunnelSharing.Pause, hangup.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return (ExitCode.Failure, []); // Whoever stops it knows
        }
    }

    private async Task<(int ExitCode, IReadOnlyList<Fault> Faults)> RunAsync(
        ForwarderConfiguration configuration,
        EndPoint destination,
        ILoggerFactory loggers,
        ILogger logger,
        StopSignals signals,
        CancellationToken hangup)
    {
        var (gateway, faults) = await Gateway.StartAsync(configuration, loggers, machine).ConfigureAwait(false);
        if (gateway is null)
        {
            return (ExitCode.Failure, faults);
        }

        var control = ControlSockets.Open(gateway, machine, loggers);
        await using (gateway.ConfigureAwait(false))
        await using (control.ConfigureAwait(false))
        {
            var (server, result) = await RunOwnAsync(gateway.Dialer, destination, logger, signals, hangup).ConfigureAwait(false);
            using var last = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Failure);
            using var stopping = last.Link(CancellationToken.None);
            try
            {
                await gateway.Services.CloseGateAsync(StandardStreams.Release, stopping.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The others end with us.
            }

            await gateway.StopAsync(ForwarderConfiguration.DefaultShutdown).ConfigureAwait(false);
            if (server is null)
            {
                return (ExitCode.Failure, []);
            }

            var exitCode = Conclude(result!, destination, logger, reason: null);
            var undelivered = result!.BytesUp - server.DeliveredBytes;
            if (exitCode == ExitCode.Success && undelivered > 0)
            {
                logger.StdioUndelivered(undelivered, destination);
                exitCode = ExitCode.Failure;
            }

            await server.DisposeAsync().ConfigureAwait(false);
            return (exitCode, []);
        }
    }

    /// <summary>
    /// Our own connection through our own tunnel. A signal ends that one: others that go through this process do not know whose
    /// it is, and lose nothing by the Ctrl-C of another.
    /// </summary>
    private static async Task<(TunnelEnd? Server, RelayResult? Result)> RunOwnAsync(
        TunnelDialer dialer, EndPoint destination, ILogger logger, StopSignals signals, CancellationToken hangup)
    {
        using var ending = new CancellationTokenSource();
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(ending.Token, hangup);
        using var interrupts = On(PosixSignal.SIGINT, ending);
        using var terminations = On(PosixSignal.SIGTERM, ending);
        signals.Dispose();
        if (signals.First.IsCompleted)
        {
            await ending.CancelAsync().ConfigureAwait(false);
        }

        var server = await TryConnectAsync(dialer, destination, logger, connecting.Token).ConfigureAwait(false);
        return (server, server is null ? null : await RelayAsync(server, hangup, ending.Token).ConfigureAwait(false));
    }

    private static PosixSignalRegistration On(PosixSignal signal, CancellationTokenSource ending) =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            ending.Cancel();
        });

    private static ILoggerFactory CreateLoggers(Settings settings, ForwarderConfiguration configuration) =>
        LogOutput.Create(settings[Options.Log].IsPresent ? configuration.Log : LogFilter.Stdio, configuration.LogFormat);

    private static async Task<TunnelEnd?> TryConnectAsync(
        TunnelDialer dialer, EndPoint destination, ILogger logger, CancellationToken stopping)
    {
        try
        {
            return await dialer.ConnectTcpAsync(destination, stopping).ConfigureAwait(false);
        }
        catch (SocketException failure)
        {
            logger.StdioFailed(destination, failure.Message);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null; // Others may be at our gate
        }
    }

    /// <summary>Carries the connection to its end; a hangup ends the input, and a stop ends everything.</summary>
    private static async Task<RelayResult> RelayAsync(IRelayEnd server, CancellationToken hangup, CancellationToken stopping)
    {
        var client = new StdioConnection(
            StandardStreams.OpenInput(), StandardStreams.OpenOutput(), StandardStreams.EndOutput);
        await using (client.ConfigureAwait(false))
        {
            using var aborting = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            using var abortingClient = aborting.Token.UnsafeRegister(static client => ((StdioConnection)client!).Abort(), client);
            // The server may not take what the relay writes.
            using var abortingServer = aborting.Token.UnsafeRegister(static server => ((IRelayEnd)server!).Abort(), server);
            using var hangingUp = hangup.Register(() =>
            {
                client.EndInput();
                aborting.CancelAfter(Farewell);
            });
            var result = await Relay.RunAsync(client, server, new Traffic()).ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return result.Error is not null && aborting.IsCancellationRequested
                ? result with { Error = new OperationCanceledException() }
                : result;
        }
    }

    private static int Conclude(RelayResult result, EndPoint destination, ILogger logger, string? reason)
    {
        // Whoever stops it knows.
        if (result.Error is { } error and not OperationCanceledException)
        {
            if (result.Ending == RelayEnding.BrokenByClient)
            {
                logger.StdioFailedItself(error.Message);
            }
            else
            {
                logger.StdioBroke(destination, reason ?? error.Message);
            }
        }

        return result.Error is null ? ExitCode.Success : ExitCode.Failure;
    }
}
