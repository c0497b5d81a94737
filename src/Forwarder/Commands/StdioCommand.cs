using System.CommandLine;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Names;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// One connection between standard input and output and a host behind the tunnel, for ssh's ProxyCommand.
/// </summary>
internal sealed class StdioCommand(ForwardFlags flags, Machine machine)
{
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

        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, machine, cancellationToken)
            .ConfigureAwait(false);
        if (configuration is null)
        {
            return FaultReport.Write(error, faults);
        }

        using (configuration)
        using (var loggers = CreateLoggers(settings, configuration))
        {
            // What a file forwards is for the main command.
            var tunnelOnly = configuration with { Forwards = [], Services = new ServiceConfiguration() };
            var (gateway, startFaults) = await Gateway.StartAsync(tunnelOnly, loggers, machine).ConfigureAwait(false);
            if (gateway is null)
            {
                return FaultReport.Write(error, startFaults);
            }

            await using (gateway.ConfigureAwait(false))
            {
                return await RelayAsync(gateway, host, port, loggers.CreateLogger("onetun::stdio"))
                    .ConfigureAwait(false);
            }
        }
    }

    private static ILoggerFactory CreateLoggers(Settings settings, ForwarderConfiguration configuration) =>
        LogOutput.Create(settings.Log.IsPresent ? configuration.Log : LogFilter.Warnings, configuration.LogFormat);

    private static async Task<int> RelayAsync(Gateway gateway, string host, int port, ILogger logger)
    {
        using var signals = new StopSignals(LimitReader.DefaultShutdown, ExitCode.Failure);
        using var stopping = new CancellationTokenSource();
        _ = signals.First.ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
        TunnelConnection server;
        try
        {
            server = await gateway.Dialer.ConnectTcpAsync(NamedEndPoint.Of(host, port), stopping.Token)
                .ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            logger.StdioFailed(host, port, failure.Message);
            return ExitCode.Failure;
        }

        var client = new StdioConnection(Console.OpenStandardInput(), Console.OpenStandardOutput());
        await using (client.ConfigureAwait(false))
        await using (server.ConfigureAwait(false))
        {
            using var abortingClient = stopping.Token.UnsafeRegister(
                static client => ((StdioConnection)client!).Abort(), client);
            // .. which may not take what the relay writes
            using var abortingServer = stopping.Token.UnsafeRegister(
                static server => ((TunnelConnection)server!).Abort(), server);
            var result = await Relay.RunAsync(client, server, new Traffic()).ConfigureAwait(false);
            await gateway.StopAsync(LimitReader.DefaultShutdown).ConfigureAwait(false);
            var undelivered = result.BytesUp - server.DeliveredBytes;
            if (result.Error is null && undelivered > 0)
            {
                logger.StdioUndelivered(undelivered, host, port);
            }

            return result.Error is null && undelivered <= 0 ? ExitCode.Success : ExitCode.Failure;
        }
    }
}
