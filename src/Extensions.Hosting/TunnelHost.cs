using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Onetun.Tunnel;

namespace Onetun.Extensions.Hosting;

/// <summary>
/// A tunnel's life in a host: it starts before all servers, or when the first service asks for it, and ends after them.
/// </summary>
internal sealed class TunnelHost : IHostedLifecycleService, IAsyncDisposable
{
    private readonly TunnelRegistration _registration;
    private readonly IServiceProvider _services;
    private readonly ITunnelSource _source;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Lazy<WireGuardTunnel> _tunnel;
    private IDisposable? _watching;
    private int _trace;

    public TunnelHost(TunnelRegistration registration, IServiceProvider services, ILoggerFactory loggers)
    {
        (_registration, _services, _loggers) = (registration, services, loggers);
        _source = (registration.Source ?? throw new InvalidOperationException(
            $"The tunnel {registration.Name} has no options: give AddWireGuardTunnel a section or code, or call FromWgQuickFile."))(services);
        _logger = loggers.CreateLogger(TunnelOptions.LogCategory);
        _tunnel = new Lazy<WireGuardTunnel>(Begin);
    }

    /// <summary>The tunnel, which this starts where it has not been yet.</summary>
    public WireGuardTunnel Tunnel => _tunnel.Value;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await Tunnel.WaitForNamesAsync(cancellationToken).ConfigureAwait(false);
        _logger.Started(_registration.Name, Tunnel.PublicKey.ToString(), Tunnel.LocalEndPoint);
        _watching = _source.Watch(Reload);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _watching?.Dispose();
        if (_tunnel.IsValueCreated)
        {
            await _tunnel.Value.DisposeAsync().ConfigureAwait(false);
        }
    }

    private WireGuardTunnel Begin()
    {
        using var read = _source.Read();
        Warn(read);
        var options = Changed(read.Options with { LoggerFactory = _loggers });
        _trace = PeersTrace.Of(options.Peers);
        return WireGuardTunnel.Begin(options);
    }

    /// <summary>Makes the peers those that are configured now; if anything is wrong with them, they stay as they were.</summary>
    private void Reload()
    {
        try
        {
            using var read = _source.Read();
            var options = Changed(read.Options);
            Tunnel.SetPeers(options.Peers);
            Warn(read);
            var trace = PeersTrace.Of(options.Peers);
            if (Interlocked.Exchange(ref _trace, trace) != trace)
            {
                _logger.Reloaded(_registration.Name, options.Peers.Count);
            }

            if (options.PrivateKey.PublicKey != Tunnel.PublicKey || !options.Addresses.SequenceEqual(Tunnel.Addresses))
            {
                _logger.ReloadIncomplete(_registration.Name, _source.Name);
            }
        }
#pragma warning disable CA1031 // Whatever is wrong with a change is told, and must not end further changes.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _logger.ReloadRefused(_registration.Name, error.Message);
        }
    }

    private TunnelOptions Changed(TunnelOptions options) =>
        _registration.Changes.Aggregate(options, (before, change) => change(before, _services));

    private void Warn(Reading read)
    {
        foreach (var warning in read.Warnings)
        {
            _logger.SourceWarning(_registration.Name, _source.Name, warning);
        }
    }
}
