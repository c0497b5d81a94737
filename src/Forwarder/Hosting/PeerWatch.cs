using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Hosting;

/// <summary>Looks at the peers of a tunnel once a second: what is to be told of them, and what is to be done for them.</summary>
internal sealed class PeerWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private readonly WireGuardTunnel _tunnel;
    private readonly EndpointSearch _search;
    private readonly Func<IReadOnlyDictionary<PublicKey, NamedEndPoint>> _names;
    private readonly PathWatch _paths;
    private readonly InterfaceWatch? _interface;
    private readonly Dictionary<PublicKey, Task> _searches = [];
    private readonly HandshakeWatch _handshakes;
    private readonly SessionWatch _sessions;
    private readonly Task _watching;

    public PeerWatch(
        WireGuardTunnel tunnel,
        EndpointSearch search,
        PathWatch paths,
        InterfaceWatch? interfaces,
        Func<IReadOnlyDictionary<PublicKey, NamedEndPoint>> names,
        ILogger logger)
    {
        _tunnel = tunnel;
        _search = search;
        _paths = paths;
        _interface = interfaces;
        _names = names;
        _handshakes = new HandshakeWatch(logger, TimeProvider.System);
        _sessions = new SessionWatch(logger);
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            _interface?.Look();
            foreach (var peer in _tunnel.Peers)
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
    }

    /// <summary>Alongside the others: a name whose servers are silent must not keep us from those of other peers.</summary>
    private void Search(in PeerStatistics peer)
    {
        var isSearching = _searches.TryGetValue(peer.PublicKey, out var search) && !search.IsCompleted;
        if (!isSearching && _names().TryGetValue(peer.PublicKey, out var name))
        {
            _searches[peer.PublicKey] = _search.LookAsync(peer, name, _ending.Token);
        }
    }
}
