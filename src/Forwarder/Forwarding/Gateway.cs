using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Forwarding;

/// <summary>A tunnel and the forwards through it: all of it starts, or nothing does.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    // What the tunnel may take at the end for the last FINs and RSTs to be acknowledged.
    private static readonly TimeSpan TunnelDrain = TimeSpan.FromMilliseconds(500);

    private readonly List<TcpForward> _forwards = [];
    private readonly ILogger _logger;
    private Recording? _recording;
    private WireGuardTunnel? _tunnel;

    private Gateway(ILogger logger) => _logger = logger;

    /// <summary>Where the forwards listen, in the order of the configuration.</summary>
    public IReadOnlyList<IPEndPoint> Sources => [.. _forwards.Select(forward => forward.Source)];

    /// <summary>Takes every port and opens the capture and the tunnel, or lists all that kept it from doing so.</summary>
    public static async Task<(Gateway? Gateway, IReadOnlyList<Fault> Faults)> StartAsync(
        ForwarderConfiguration configuration, ILoggerFactory loggers)
    {
        var faults = new FaultList();
        var gateway = new Gateway(loggers.CreateLogger("onetun::tunnel"));
        gateway.BindForwards(configuration, faults, loggers.CreateLogger("onetun::tunnel::tcp"));
        gateway.StartRecording(configuration, faults, loggers.CreateLogger("onetun::pcap"));
        await gateway.StartTunnelAsync(configuration, faults).ConfigureAwait(false);
        if (faults.Faults.Count > 0)
        {
            await gateway.DisposeAsync().ConfigureAwait(false);
            return (null, faults.Faults);
        }

        gateway.Announce(configuration);
        return (gateway, []);
    }

    /// <summary>Stops listening, lets connections end for at most the time given, and closes the tunnel.</summary>
    public async Task StopAsync(TimeSpan drain)
    {
        using var hurry = new CancellationTokenSource(drain);
        await Task.WhenAll(_forwards.Select(forward => forward.StopAsync(hurry.Token))).ConfigureAwait(false);
        if (_tunnel is not null)
        {
            await _tunnel.StopAsync(TunnelDrain).ConfigureAwait(false);
        }
    }

    /// <summary>Ends all of it at once.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var forward in _forwards)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
        }

        if (_tunnel is not null)
        {
            await _tunnel.DisposeAsync().ConfigureAwait(false);
        }

        if (_recording is not null)
        {
            await _recording.DisposeAsync().ConfigureAwait(false);
        }
    }

    private void BindForwards(ForwarderConfiguration configuration, FaultList faults, ILogger logger)
    {
        foreach (var forward in configuration.Forwards)
        {
            try
            {
                _forwards.Add(TcpForward.Bind(forward, logger));
            }
            catch (SocketException error)
            {
                faults.Configuration($"Port-forward failed for [{forward.Source}]->[{forward.Destination}]: "
                    + $"Failed to listen on {forward.Source}: {error.Message}");
            }
        }
    }

    private void StartRecording(ForwarderConfiguration configuration, FaultList faults, ILogger logger)
    {
        if (configuration.Pcap is not { } path)
        {
            return;
        }

        try
        {
            _recording = Recording.Start(path, logger);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            faults.Configuration($"Failed to create pcap file {path}: {error.Message}");
        }
    }

    private async Task StartTunnelAsync(ForwarderConfiguration configuration, FaultList faults)
    {
        try
        {
            if (faults.Faults.Count > 0)
            {
                // A handshake of a process that will not stay would take the session from the one that has our ports.
                TryBind(configuration.Tunnel.BindEndPoint);
                return;
            }

            var tap = configuration.Tunnel.Tap ?? _recording?.Tap;
            _tunnel = await WireGuardTunnel.StartAsync(configuration.Tunnel with { Tap = tap }).ConfigureAwait(false);
        }
        catch (SocketException error)
        {
            faults.Configuration($"Failed to initialize WireGuard tunnel: Failed to create UDP socket for WireGuard connection: {error.Message}");
        }
    }

    private static void TryBind(IPEndPoint? endPoint)
    {
        if (endPoint is not null)
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(endPoint);
        }
    }

    private void Announce(ForwarderConfiguration configuration)
    {
        foreach (var forward in _forwards)
        {
            var sourcePeer = configuration.SourcePeer(forward.Destination.AddressFamily);
            _logger.Tunneling(forward.Source, forward.Destination, configuration.Tunnel.Peers[0].EndPoint, sourcePeer);
            forward.Start(ConnectAsync);
        }
    }

    private async Task<TunnelConnection> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken) =>
        new(await _tunnel!.ConnectTcpAsync(destination, cancellationToken).ConfigureAwait(false));
}
