using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Forwarder.Diagnostics;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Resources;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Hosting;

/// <summary>A tunnel and the forwards through it: all of it starts, or nothing does.</summary>
internal sealed class Gateway : IForwarderState, IAsyncDisposable
{
    // The tunnel has at least this long for the last data, FINs and RSTs to be acknowledged.
    private static readonly TimeSpan TunnelDrain = TimeSpan.FromMilliseconds(500);

    // All the rest takes no longer than this, even on a busy machine.
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterDrain = TunnelDrain + Rest;

    private readonly ForwardSet _forwards;
    private readonly ILoggerFactory _loggers;
    private readonly Machine _machine;
    private readonly NameCache _systemNames;
    private readonly LocalServices _services;
    private readonly ForwarderMeter _meter;
    private readonly StatusSource _status;
    private readonly LogRing? _lines;
    private readonly FaultList _faults = new();
    private readonly CaptureSet _captures = new();
    private volatile bool _isStopping;
    private WireGuardTunnel? _tunnel;
    private HeapTrim? _trim;
    private volatile ForwarderConfiguration _configuration;

    private Gateway(ForwarderConfiguration configuration, ILoggerFactory loggers, Machine machine, LogRing? lines)
    {
        _configuration = configuration;
        _loggers = loggers;
        _machine = machine;
        _lines = lines;
        _systemNames = new NameCache(new SystemNames(machine.Resolve).LookupAsync, TimeProvider.System);
        Descriptors = new DescriptorBudget(loggers.CreateLogger("onetun"));
        _forwards = new ForwardSet(configuration, new LocalDialer(_systemNames), loggers, Descriptors);
        _services = new LocalServices(configuration.Services, configuration.Tcp, configuration.Udp, loggers, Descriptors);
        _meter = new ForwarderMeter(this);
        _status = new StatusSource(this);
    }

    /// <summary>Where the forwards take connections, in the order of the configuration.</summary>
    public IReadOnlyList<EndPoint> Sources => [.. _forwards.All.Select(entry => entry.Forward.Source)];

    /// <summary>The proxies and the metrics.</summary>
    public LocalServices Services => _services;

    /// <inheritdoc/>
    public DescriptorBudget Descriptors { get; }

    /// <summary>What it measures, for whoever listens.</summary>
    public ForwarderMeter Meter => _meter;

    /// <summary>Connects through the tunnel; it is there once all has started.</summary>
    public TunnelDialer Dialer => _tunnel!.Dialer;

    /// <summary>What it runs on.</summary>
    public ForwarderConfiguration Configuration => _configuration;

    /// <summary>The UDP port that WireGuard has.</summary>
    public int ListenPort => _tunnel!.LocalEndPoint.Port;

    /// <summary>The library that encrypts packets.</summary>
    public AeadLibrary AeadLibrary => _tunnel!.AeadLibrary;

    /// <inheritdoc/>
    public IReadOnlyList<PeerStatistics> Peers => _tunnel?.Peers ?? [];

    /// <inheritdoc/>
    public TunnelStatistics? Statistics => _tunnel?.GetStatistics();

    /// <summary>Has somebody watch the tunnel, until what is returned is disposed.</summary>
    public IDisposable AddTap(IPacketTap tap) => _tunnel!.AddTap(tap);

    /// <summary>Ends when the tunnel has shown that it goes on.</summary>
    public Task ProveAliveAsync() => _tunnel!.ProveAliveAsync();

    /// <inheritdoc/>
    public Readiness Readiness => new(Peers, _configuration.IsReached, _isStopping);

    /// <inheritdoc/>
    public ProcessStatus Status => _status.Take();

    /// <inheritdoc/>
    public IReadOnlyList<LogLine> Lines => _lines?.Lines ?? [];

    /// <inheritdoc/>
    public IEnumerable<Carried> Carried =>
    [
        .. _forwards.Carried,
        .. _services.Proxies.Select(proxy => new Carried(proxy.Name, proxy.Source, null, proxy.Traffic)),
    ];

    /// <summary>
    /// Takes every port and opens the capture and the tunnel, or lists all that kept it from doing so.
    /// </summary>
    /// <param name="configuration">What it runs on.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="machine">Where it runs.</param>
    /// <param name="lines">What the page shows of the log.</param>
    public static async Task<(Gateway? Gateway, IReadOnlyList<Fault> Faults)> StartAsync(
        ForwarderConfiguration configuration, ILoggerFactory loggers, Machine machine, LogRing? lines = null)
    {
        var gateway = new Gateway(configuration, loggers, machine, lines);
        gateway._forwards.Bind(gateway._faults);
        gateway._services.Bind(gateway._faults);
        gateway._captures.Start(configuration.Capture, machine, loggers.CreateLogger("onetun::pcap"), gateway._faults);
        await gateway.StartTunnelAsync().ConfigureAwait(false);
        if (gateway._tunnel is not null)
        {
            gateway.Descriptors.Measure();
            gateway._forwards.Start(gateway.Dialer, gateway._faults);
        }

        if (gateway._faults.Faults.Count > 0)
        {
            await gateway.DisposeAsync().ConfigureAwait(false);
            return (null, gateway._faults.Faults);
        }

        gateway._services.Start(gateway.Dialer, gateway, gateway.Meter);
        gateway._trim = HeapTrim.Of(gateway);
        gateway.GreetPeers();
        gateway.Announce(gateway._forwards.All);
        gateway._services.Announce(
            gateway._loggers.CreateLogger("onetun::tunnel"), string.Join(',', configuration.Addresses));
        return (gateway, []);
    }

    /// <summary>
    /// Goes on with the peers, the key and the forwards of a new configuration. False, and nothing has changed, if more
    /// than that is new, or a port cannot be had.
    /// </summary>
    public async Task<(bool IsChanged, IReadOnlyList<Fault> Faults)> ChangeAsync(ForwarderConfiguration next)
    {
        var (before, faults) = (_configuration, new FaultList());
        foreach (var setting in next.FixedDifferences(before))
        {
            faults.Configuration($"{setting} cannot change while onetun runs: restart it for that");
        }

        var drain = DrainOf(before.Shutdown);
        if (faults.Faults.Count > 0
            || !await _forwards.ChangeAsync(next.Forwards, Dialer, drain, faults).ConfigureAwait(false))
        {
            return (false, faults.Faults);
        }

        next = next.At(before);
        _tunnel!.SetPrivateKey(next.Tunnel.PrivateKey);
        _tunnel.ReplacePeers(next.NamedPeers);
        _configuration = next;
        GreetPeers();
        Descriptors.Measure();
        Announce(_forwards.All.Where(entry => !before.Forwards.Contains(entry.Resolved)));
        return (true, faults.Faults);
    }

    /// <inheritdoc/>
    public IReadOnlyList<TcpConnectionStatistics> GetTcpConnections(int most) => _tunnel?.GetTcpConnections(most) ?? [];

    /// <summary>How much of a shutdown connections have to end by themselves.</summary>
    public static TimeSpan DrainOf(TimeSpan shutdown) => shutdown > AfterDrain ? shutdown - AfterDrain : TimeSpan.Zero;

    /// <summary>What a stop takes at most, which is more than nothing even if it is given no time.</summary>
    public static TimeSpan PromiseOf(TimeSpan shutdown) => shutdown > AfterDrain ? shutdown : AfterDrain;

    /// <summary>Accepts nothing more, lets connections end, and closes the tunnel, all of it in the time given.</summary>
    public async Task StopAsync(TimeSpan shutdown)
    {
        _isStopping = true;
        var started = Stopwatch.GetTimestamp();
        using var hurry = new CancellationTokenSource(DrainOf(shutdown));
        await Task.WhenAll(_forwards.StopAsync(hurry.Token), _services.StopAsync(hurry.Token)).ConfigureAwait(false);
        if (_tunnel is not null)
        {
            var left = shutdown - Stopwatch.GetElapsedTime(started) - Rest;
            await _tunnel.StopAsync(left > TunnelDrain ? left : TunnelDrain).ConfigureAwait(false);
        }
    }

    /// <summary>Ends all of it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _forwards.DisposeAsync().ConfigureAwait(false);
        await _services.DisposeAsync().ConfigureAwait(false);
        _meter.Dispose();
        _trim?.Dispose();
        if (_tunnel is not null)
        {
            await _tunnel.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        }

        await _captures.DisposeAsync().ConfigureAwait(false);
    }

    private async Task StartTunnelAsync()
    {
        var options = _configuration.Tunnel;
        try
        {
            if (_faults.Faults.Count > 0)
            {
                // A handshake of a process that will not stay would take the session from the one that has our ports.
                TryBind(options);
                return;
            }

            var faults = new FaultLog(_loggers.CreateLogger("onetun"));
            options = options with
            {
                Peers = _configuration.NamedPeers,
                Dns = _configuration.Dns,
                SearchDomains = _configuration.SearchDomains,
                Resolve = _machine.Resolve,
                Taps = [.. options.Taps, .. _captures.Taps],
                Faulted = faults.Write,
                LoggerFactory = new RenamingLoggerFactory(_loggers, "onetun::wg"),
            };
            _tunnel = await WireGuardTunnel.StartAsync(options).ConfigureAwait(false);
            _loggers.CreateLogger("onetun::wg").PacketsEncrypted(ChoiceName.Of(_tunnel.AeadLibrary));
        }
        catch (SocketException error)
        {
            _faults.Configuration("Failed to initialize WireGuard tunnel: "
                + $"Failed to create UDP socket for WireGuard connection: {error.Message}");
        }
    }

    private static void TryBind(TunnelOptions options)
    {
        if (options.Transport.BindEndPoint is { } endPoint)
        {
            using var socket = options.Transport.Route.CreateSocket(endPoint.AddressFamily);
            socket.Bind(endPoint);
        }
    }

    /// <summary>A peer that has not heard of us does not know where to reach what it may connect to.</summary>
    private void GreetPeers()
    {
        if (!_configuration.IsReached)
        {
            return;
        }

        foreach (var peer in _configuration.Tunnel.Peers)
        {
            _tunnel!.SendKeepalive(peer.PublicKey);
        }
    }

    private void Announce(IEnumerable<(ResolvedForward Resolved, IForward Forward)> forwards)
    {
        var logger = _loggers.CreateLogger("onetun::tunnel");
        foreach (var (resolved, forward) in forwards)
        {
            var (endPoint, address) = _configuration.Way(resolved);
            logger.Tunneling(resolved.ProtocolName, forward.Source, resolved.Destination, endPoint, address);
        }
    }
}
