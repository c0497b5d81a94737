using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Gate;
using Onetun.Forwarder.Logging;
using Onetun.Forwarder.Proxies;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Resources;

namespace Onetun.Forwarder.Hosting;

/// <summary>What listens besides the forwards: the proxies and the metrics.</summary>
internal sealed class LocalServices(
    ServiceConfiguration configuration,
    TcpLimits tcp,
    UdpLimits udp,
    ILoggerFactory loggers,
    DescriptorBudget descriptors) : IAsyncDisposable
{
    private readonly List<Proxy> _proxies = [];
    private MetricsEndpoint? _metrics;
    private Proxy? _gate;

    public IReadOnlyList<Proxy> Proxies => _proxies;

    /// <summary>Where the metrics are served, if they are.</summary>
    public EndPoint? Metrics => _metrics?.Source;

    /// <summary>Where the page is, if there is one.</summary>
    public Uri? Page => _metrics?.Page;

    /// <summary>Takes the ports, and adds a fault for each that cannot be had.</summary>
    public void Bind(FaultList faults)
    {
        var logger = loggers.CreateLogger("onetun::proxy");
        foreach (var (kind, proxyEndPoint, user) in configuration.Proxies)
        {
            var protocols = kind.Protocols(user);
            Try($"{kind.Name} proxy", proxyEndPoint, faults, () => _proxies.Add(
                new Proxy(proxyEndPoint, protocols, tcp, udp, logger, descriptors: descriptors)));
        }

        if (configuration.Metrics is { } endPoint)
        {
            var metricsLogger = loggers.CreateLogger("onetun::metrics");
            var hosts = new AdmittedHosts(configuration.MetricsHosts);
            Try("metrics", endPoint, faults, () => _metrics = new MetricsEndpoint(endPoint, hosts, metricsLogger, descriptors));
        }

        if (configuration.Gate is { } gate)
        {
            OpenGate(gate);
        }
    }

    public void Start(TunnelDialer dialer, IForwarderState state, ForwarderMeter meter)
    {
        _proxies.ForEach(proxy => proxy.Start(dialer));
        _gate?.Start(dialer);
        _metrics?.Start(state, meter);
    }

    public void Announce(ILogger logger, string sourcePeers)
    {
        foreach (var proxy in _proxies)
        {
            logger.Proxying(proxy.Name, proxy.Source, sourcePeers);
        }

        if (_metrics is not null)
        {
            logger.Measuring(_metrics.Source, _metrics.Page);
        }
    }

    /// <summary>The proxies accept nothing more and drain; the metrics stay to the end.</summary>
    public Task StopAsync(CancellationToken hurry) => Task.WhenAll(All.Select(proxy => proxy.StopAsync(hurry)));

    /// <summary>
    /// Closes the gate once no other process has a connection through it; those that slip in are waited for too.
    /// </summary>
    /// <param name="waiting">Called if there are such connections.</param>
    /// <param name="cancellationToken">Waits no longer.</param>
    public async Task CloseGateAsync(Action waiting, CancellationToken cancellationToken)
    {
        if (_gate is null)
        {
            return;
        }

        var idle = _gate.WaitUntilIdleAsync(cancellationToken);
        if (!idle.IsCompleted)
        {
            waiting();
        }

        await idle.ConfigureAwait(false);
        await _gate.CloseAsync().ConfigureAwait(false);
        await _gate.WaitUntilIdleAsync(cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in All)
        {
            await proxy.DisposeAsync().ConfigureAwait(false);
        }

        if (_metrics is not null)
        {
            await _metrics.DisposeAsync().ConfigureAwait(false);
        }
    }

    private IEnumerable<Proxy> All => _gate is null ? _proxies : _proxies.Append(_gate);

    // A process that cannot have the gate runs without it.
    private void OpenGate(string path)
    {
        var logger = loggers.CreateLogger("onetun::gate");
        try
        {
            _gate = new Proxy(new UnixDomainSocketEndPoint(path), [new GateProtocol()], tcp, udp, logger, descriptors: descriptors)
            {
                Open = socket => new FramedConnection(new LocalConnection(socket)),
            };
        }
        catch (Exception error) when (error is SocketException or ArgumentException or PlatformNotSupportedException)
        {
            logger.GateFailed(error.Message);
        }
    }

    private static void Try(string what, IPEndPoint endPoint, FaultList faults, Action bind)
    {
        try
        {
            bind();
        }
        catch (SocketException error)
        {
            faults.Configuration($"Failed to listen for {what} on {endPoint}: {error.Message}");
        }
    }
}
