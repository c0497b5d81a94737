using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Hosting;

/// <summary>SIGHUP: reads the configuration again and applies it, unless something is wrong with it.</summary>
internal sealed class Reloader : IAsyncDisposable
{
    private readonly Gateway _gateway;
    private readonly Settings _settings;
    private readonly Machine _machine;
    private readonly ServiceReport _report;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _reloading;

    public Reloader(
        Gateway gateway, Settings settings, Machine machine, HangupSignals signals, ServiceReport report, ILogger logger)
    {
        _gateway = gateway;
        _settings = settings;
        _machine = machine;
        _report = report;
        _logger = logger;
        _reloading = RunAsync(signals);
    }

    /// <summary>What a signal does.</summary>
    public async Task ReloadAsync()
    {
        // It is read apart: a file may never come, and the process must be able to end all the same.
        var (configuration, faults) = await Task.Run(ReadAsync).WaitAsync(_ending.Token).ConfigureAwait(false);
        var before = _gateway.Configuration;
        var isChanged = false;
        if (configuration is not null)
        {
            (isChanged, faults) = await _gateway.ChangeAsync(configuration).ConfigureAwait(false);
            (isChanged ? before : configuration).Dispose();
        }

        if (!isChanged)
        {
            _logger.ReloadRefused(string.Join("; ", faults.Select(fault => OneLine(fault.Message))));
            return;
        }

        foreach (var warning in configuration!.Warnings)
        {
            _logger.ConfigurationWarning(warning);
        }

        foreach (var fault in faults)
        {
            _logger.ReloadIncomplete(fault.Message);
        }

        _logger.Reloaded(configuration.Forwards.Count, configuration.Tunnel.Peers.Count);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _reloading.ConfigureAwait(false);
        _ending.Dispose();
    }

    private Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync() => ConfigurationReader.ReadAsync(
        _settings,
        _machine with { Resolve = ResolveAsync, ReadInput = () => throw new IOException("standard input cannot be read again") },
        _ending.Token);

    /// <summary>A peer's name that is in use was right once: if it has no address, it has none for the moment.</summary>
    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            return await _machine.Resolve(host, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException) when (_gateway.Configuration.EndpointNames.Values.Any(name => name.Host == host))
        {
            throw new SocketException((int)SocketError.TryAgain);
        }
    }

    /// <summary>What is wrong, and the text in which it is; without the caret below it.</summary>
    private static string OneLine(string message) => string.Join(": ", message.Split(Environment.NewLine).Take(2).Select(line => line.Trim()));

    private async Task TryReloadAsync()
    {
        try
        {
            await ReloadAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // A fault of ours should be seen, and must not end all further reloads.
        catch (Exception error) when (!_ending.IsCancellationRequested)
#pragma warning restore CA1031
        {
            _logger.ReloadRefused(error.Message);
        }
    }

    private async Task RunAsync(HangupSignals signals)
    {
        try
        {
            await foreach (var _ in signals.ReadAllAsync(_ending.Token).ConfigureAwait(false))
            {
                await _report.ReloadAsync(TryReloadAsync).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }
}
