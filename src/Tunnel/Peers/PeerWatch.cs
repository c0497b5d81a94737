using Microsoft.Extensions.Logging;
using Onetun.Tunnel.Names;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Peers;

/// <summary>Looks at the peers of a tunnel once a second: what is to be told of them, and what is to be done for them.</summary>
internal sealed class PeerWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private readonly TunnelDriver _tunnel;
    private readonly EndpointSearch _search;
    private readonly PeerNames _names;
    private readonly PathWatch _paths;
    private readonly InterfaceWatch? _interface;
    private readonly Dictionary<PublicKey, Task> _searches = [];
    private readonly HandshakeWatch _handshakes;
    private readonly SessionWatch _sessions;
    private readonly TimeProvider _time;
    private readonly Task _watching;

    private PeerWatch(TunnelDriver tunnel, TunnelOptions options, EndpointSearch search, PeerNames names, ILogger logger)
    {
        (_tunnel, _search, _names) = (tunnel, search, names);
        _paths = new PathWatch(options, logger);
        _interface = InterfaceWatch.Of(options, logger);
        _time = options.TimeProvider ?? TimeProvider.System;
        _handshakes = new HandshakeWatch(logger, _time);
        _sessions = new SessionWatch(logger);
        Look();
        FirstLook = Task.WhenAll(_searches.Values);
        _watching = WatchAsync();
    }

    /// <summary>Ends when the names of all peers have been looked up for the first time, however that ended.</summary>
    public Task FirstLook { get; }

    /// <summary>Begins to watch a tunnel that is not ours.</summary>
    /// <param name="tunnel">The tunnel.</param>
    /// <param name="options">Its options.</param>
    /// <param name="systemNames">Who knows the addresses of its peers' names.</param>
    /// <param name="names">These names.</param>
    public static PeerWatch Of(TunnelDriver tunnel, TunnelOptions options, NameCache systemNames, PeerNames names)
    {
        var logger = options.CreateLogger();
        return new PeerWatch(tunnel, options, new EndpointSearch(tunnel, systemNames, logger), names, logger);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            Look();
        }
    }

    private void Look()
    {
        _interface?.Look();
        foreach (var peer in _tunnel.ReadPeers())
        {
            if (_handshakes.Look(peer))
            {
                _tunnel.SendKeepalive(peer.PublicKey);
            }

            _sessions.Look(peer);
            _paths.Look(peer);
            Search(peer);
        }
    }

    /// <summary>Alongside the others: a name whose servers are silent must not keep us from those of other peers.</summary>
    private void Search(in PeerStatistics peer)
    {
        var isSearching = _searches.TryGetValue(peer.PublicKey, out var search) && !search.IsCompleted;
        if (!isSearching && _names.Find(peer.PublicKey) is { } name)
        {
            _searches[peer.PublicKey] = _search.LookAsync(peer, name, _ending.Token);
        }
    }
}
