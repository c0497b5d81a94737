using System.CommandLine;
using System.Globalization;
using System.Net;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Demo;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Commands;

/// <summary>The main job against a peer of its own: no server, no root, no network.</summary>
internal sealed class DemoCommand(Machine machine)
{
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(20);

    private readonly Option<bool> _once = new("--once")
    {
        Description = "Fetches the page through the tunnel, prints it, and ends.",
    };

    private readonly Option<ushort> _port = new("--port")
    {
        Description = "The local port. Any free one by default.",
        HelpName = "port",
        CustomParser = result =>
        {
            if (!ushort.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            {
                result.AddError("--port must be a number from 0 to 65535");
            }

            return port;
        },
    };

    public Command Create()
    {
        var command = new Command("demo", "Tries onetun against a peer of its own: no server needed.") { _once, _port };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult line, CancellationToken cancellationToken)
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        var error = line.InvocationConfiguration.Error;
        using var loggers = LogOutput.Create(LogFilter.Info);
        var capture = new CaptureConfiguration { IsTraced = true };
        var tracing = new Tracing(capture, error);
        await using (tracing.ConfigureAwait(false))
        {
            var peer = await DemoPeer.StartAsync(theirs, ours.PublicKey).ConfigureAwait(false);
            await using (peer.ConfigureAwait(false))
            {
                var configuration = tracing.Of(Configure(line.GetValue(_port), new TunnelOptions
                {
                    PrivateKey = ours,
                    Addresses = [DemoPeer.ClientAddress],
                    Peers = [new PeerOptions { PublicKey = theirs.PublicKey, EndPoint = peer.EndPoint }],
                }));
                return await RunAsync(line, configuration, loggers, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static ForwarderConfiguration Configure(int port, TunnelOptions tunnel) => new()
    {
        Tunnel = tunnel,
        Forwards = [new ResolvedForward(Protocols.Tcp, new IPEndPoint(IPAddress.Loopback, port), DemoPeer.Page)],
        Log = LogFilter.Info,
    };

    private async Task<int> RunAsync(
        ParseResult line,
        ForwarderConfiguration configuration,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var (output, error) = (line.InvocationConfiguration.Output, line.InvocationConfiguration.Error);
        using var signals = new StopSignals(ForwarderConfiguration.DefaultShutdown, ExitCode.Success);
        var (gateway, faults) = await Gateway.StartAsync(configuration, loggers, machine).ConfigureAwait(false);
        if (gateway is null)
        {
            return FaultReport.Write(error, faults);
        }

        var control = ControlSockets.Open(gateway, machine, loggers);
        await using (gateway.ConfigureAwait(false))
        await using (control.ConfigureAwait(false))
        {
            var page = new Uri($"http://{gateway.Sources[0]}/");
            if (line.GetValue(_once))
            {
                return await FetchAsync(page, output, error, cancellationToken).ConfigureAwait(false);
            }

            LogOutput.Flush();
            await error.WriteLineAsync($"{Environment.NewLine}Try:  curl {page}{Environment.NewLine}")
                .ConfigureAwait(false);
            await signals.First.ConfigureAwait(false);
            await gateway.StopAsync(ForwarderConfiguration.DefaultShutdown).ConfigureAwait(false);
        }

        return ExitCode.Success;
    }

    private static async Task<int> FetchAsync(
        Uri page, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        // It goes straight to the port, whatever proxy the environment names.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = FetchTimeout };
        try
        {
            var text = await client.GetStringAsync(page, cancellationToken).ConfigureAwait(false);
            await output.WriteAsync(text).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
        {
            await error.WriteLineAsync($"Error: the page did not come through the tunnel: {failure.Message}")
                .ConfigureAwait(false);
            return ExitCode.Failure;
        }
    }
}
