using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// Tells the log when a peer does not answer our handshakes, and when it does again: to the connections that wait, a dead
/// tunnel looks like a dead host behind it. One that is known by name is looked for.
/// </summary>
internal sealed class HandshakeWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ending = new();
    private readonly WireGuardTunnel _tunnel;
    private readonly EndpointSearch _search;
    private readonly Func<IReadOnlyDictionary<PublicKey, NamedEndPoint>> _names;
    private readonly PathWatch _paths;
    private readonly InterfaceWatch? _interface;
    private readonly ILogger _logger;
    private readonly HashSet<PublicKey> _silent = [];
    private readonly Dictionary<PublicKey, Task> _searches = [];
    private readonly SessionWatch _sessions;
    private readonly Task _watching;

    public HandshakeWatch(
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
        _logger = logger;
        _sessions = new SessionWatch(logger);
        _watching = WatchAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    /// <summary>To be called now and then for each peer.</summary>
    public void Look(in PeerStatistics peer)
    {
        // The first retry goes out after 5 s without an answer; a peer that has a session may merely have lost one message.
        if (peer.HandshakeAttempts > (peer.HasSession ? 1 : 0) && _silent.Add(peer.PublicKey))
        {
            _logger.HandshakeUnanswered($"{peer.EndPoint}");
        }
        else if (peer is { HasSession: true, HandshakeAttempts: 0 } && _silent.Remove(peer.PublicKey))
        {
            _logger.HandshakeAnswered($"{peer.EndPoint}");
        }
    }

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
        {
            _interface?.Look();
            foreach (var peer in _tunnel.Peers)
            {
                Look(peer);
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
