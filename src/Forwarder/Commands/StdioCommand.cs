using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Names;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// One connection between standard input and output and a host behind the tunnel, for ssh's ProxyCommand.
/// </summary>
internal sealed class StdioCommand(ForwardFlags flags, Machine machine)
{
    // What another process has to open its gate, or to end.
    private static readonly TimeSpan GatePatience = TimeSpan.FromSeconds(10);

    private readonly Argument<string> _target = new("HOST:PORT") { Description = "Where to, behind the tunnel." };

    public Command Create()
    {
        var command = new Command("stdio", "Carry standard input and output to a host behind the tunnel.") { _target };
        flags.AddTunnelTo(command);
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        var error = line.InvocationConfiguration.Error;
        var target = line.GetRequiredValue(_target);
        var settings = SettingsReader.ReadTunnel(line, flags, machine);
        if (settings.Pcap.Value == "-")
        {
            const string message = "--pcap - cannot be used with stdio: both need standard output";
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, message)]);
        }

        if (!HostText.TryParseHostAndPort(target, 1, out var host, out var port))
        {
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, $"'{target}' is not host:port")]);
        }

        if (OutsideFault.Of(host) is { } fault)
        {
            return FaultReport.Write(error, [new Fault(FaultKind.Usage, fault)]);
        }

        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, machine, cancellationToken)
            .ConfigureAwait(false);
        if (configuration is null)
        {
            return FaultReport.Write(error, faults);
        }

        using (configuration)
        using (var loggers = CreateLoggers(settings, configuration))
        {
            var (exitCode, startFaults) = await RunAsync(configuration, NamedEndPoint.Of(host, port), loggers).ConfigureAwait(false);
            return startFaults.Count > 0 ? FaultReport.Write(error, startFaults) : exitCode;
        }
    }

    /// <summary>Through a process that has the tunnel already, or through our own, which others may use from then on.</summary>
    private async Task<(int ExitCode, IReadOnlyList<Fault> Faults)> RunAsync(
        ForwarderConfiguration configuration, EndPoint destination, ILoggerFactory loggers)
    {
        using var signals = new StopSignals(LimitReader.DefaultShutdown, ExitCode.Failure);
        using var stopping = new CancellationTokenSource();
        _ = signals.First.ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
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
                        // What a file forwards is for the main command.
                        var tunnelOnly = configuration with { Forwards = [], Services = new ServiceConfiguration() };
                        return await RunAsync(
                            TunnelSharing.WithGate(tunnelOnly, claim), destination, loggers, logger, stopping.Token).ConfigureAwait(false);
                    }
                }

                var (server, refusal) = await GateClient.ConnectAsync(holder!.Gate, destination, stopping.Token).ConfigureAwait(false);
                if (refusal is not null)
                {
                    logger.StdioFailed(destination, refusal);
                    return (ExitCode.Failure, []);
                }

                if (server is not null)
                {
                    await using (server.ConfigureAwait(false))
                    {
                        var result = await RelayAsync(server, destination, logger, stopping.Token).ConfigureAwait(false);
                        return (result.Error is null ? ExitCode.Success : ExitCode.Failure, []);
                    }
                }

                // .. it may just have begun, or be about to end
                if (Stopwatch.GetElapsedTime(started) > GatePatience)
                {
                    return (ExitCode.Failure, [TunnelSharing.Refusal(holder)]);
                }

                await Task.Delay(TunnelSharing.Pause, stopping.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return (ExitCode.Failure, []); // .. whoever stops it knows
        }
    }

    private async Task<(int ExitCode, IReadOnlyList<Fault> Faults)> RunAsync(
        ForwarderConfiguration configuration,
        EndPoint destination,
        ILoggerFactory loggers,
        ILogger logger,
        CancellationToken stopping)
    {
        var (gateway, faults) = await Gateway.StartAsync(configuration, loggers, machine).ConfigureAwait(false);
        if (gateway is null)
        {
            return (ExitCode.Failure, faults);
        }

        var control = ControlSocket.Open(
            ControlDirectory.Candidates(machine), new StatusSource(gateway).Take, loggers.CreateLogger("onetun::status"));
        await using (gateway.ConfigureAwait(false))
        await using (control.ConfigureAwait(false))
        {
            // .. of ssh, which ends: ours is over, that of others is not
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            using var hangup = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                ending.Cancel();
            });
            var server = await TryConnectAsync(gateway.Dialer, destination, logger, ending.Token).ConfigureAwait(false);
            var result = server is null ? null : await RelayAsync(server, destination, logger, ending.Token).ConfigureAwait(false);
            try
            {
                await gateway.Services.CloseGateAsync(StandardStreams.Release, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // They end with us.
            }

            await gateway.StopAsync(LimitReader.DefaultShutdown).ConfigureAwait(false);
            if (server is null)
            {
                return (ExitCode.Failure, []);
            }

            var undelivered = result!.BytesUp - server.DeliveredBytes;
            if (result.Error is null && undelivered > 0)
            {
                logger.StdioUndelivered(undelivered, destination);
            }

            await server.DisposeAsync().ConfigureAwait(false);
            return (result.Error is null && undelivered <= 0 ? ExitCode.Success : ExitCode.Failure, []);
        }
    }

    private static ILoggerFactory CreateLoggers(Settings settings, ForwarderConfiguration configuration) =>
        LogOutput.Create(settings.Log.IsPresent ? configuration.Log : LogFilter.Warnings, configuration.LogFormat);

    private static async Task<TunnelConnection?> TryConnectAsync(
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
            return null; // .. others may be at our gate
        }
    }

    private static async Task<RelayResult> RelayAsync(
        IRelayEnd server, EndPoint destination, ILogger logger, CancellationToken stopping)
    {
        var client = new StdioConnection(
            Console.OpenStandardInput(), Console.OpenStandardOutput(), StandardStreams.EndOutput);
        await using (client.ConfigureAwait(false))
        {
            using var abortingClient = stopping.UnsafeRegister(static client => ((StdioConnection)client!).Abort(), client);
            // .. which may not take what the relay writes
            using var abortingServer = stopping.UnsafeRegister(static server => ((IRelayEnd)server!).Abort(), server);
            var result = await Relay.RunAsync(client, server, new Traffic()).ConfigureAwait(false);
            if (result.Error is { } error && !stopping.IsCancellationRequested)
            {
                logger.StdioBroke(destination, error.Message);
            }

            return result;
        }
    }
}
