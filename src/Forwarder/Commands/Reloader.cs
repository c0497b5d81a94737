using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Forwarding;

namespace Onetun.Forwarder.Commands;

/// <summary>SIGHUP: reads the configuration again and applies it, unless something is wrong with it.</summary>
internal sealed class Reloader : IAsyncDisposable
{
    private readonly Gateway _gateway;
    private readonly Settings _settings;
    private readonly Machine _machine;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _ending = new();

    // .. one that waits stands for all that come meanwhile
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration? _registration;
    private readonly Task _reloading;

    public Reloader(Gateway gateway, Settings settings, Machine machine, ILogger logger)
    {
        _gateway = gateway;
        _settings = settings;
        _machine = machine;
        _logger = logger;
        _reloading = RunAsync();
        // .. which on Windows is a console that closes
        if (!OperatingSystem.IsWindows())
        {
            _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                _signals.Writer.TryWrite(true);
            });
        }
    }

    /// <summary>What a signal does.</summary>
    public async Task ReloadAsync()
    {
        var (configuration, faults) = await ConfigurationReader.ReadAsync(_settings, _machine, _ending.Token)
            .ConfigureAwait(false);
        var before = _gateway.Configuration;
        var isChanged = false;
        if (configuration is not null)
        {
            (isChanged, faults) = await _gateway.ChangeAsync(configuration).ConfigureAwait(false);
            (isChanged ? before : configuration).Dispose();
        }

        if (!isChanged)
        {
            _logger.ReloadRefused(string.Join("; ", faults.Select(fault => fault.Message)));
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
        _registration?.Dispose();
        _signals.Writer.TryComplete();
        await _ending.CancelAsync().ConfigureAwait(false);
        await _reloading.ConfigureAwait(false);
        _ending.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await foreach (var _ in _signals.Reader.ReadAllAsync(_ending.Token).ConfigureAwait(false))
            {
                await ReloadAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The process ends.
        }
    }
}
