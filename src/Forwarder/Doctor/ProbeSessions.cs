using System.Net;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Configuration;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Doctor;

/// <summary>A session with each peer that answers.</summary>
internal sealed class ProbeSessions(ForwarderConfiguration configuration) : IAsyncDisposable
{
    private readonly TunnelOptions _options = configuration.Tunnel;
    private readonly Dictionary<PeerOptions, ProbeTunnel> _tunnels = [];
    private readonly HashSet<PeerOptions> _answered = [];

    /// <summary>Some peer has answered.</summary>
    public bool IsAny => _answered.Count > 0;

    /// <summary>Shakes hands with all peers at once, and tells how it went.</summary>
    public async IAsyncEnumerable<Finding> OpenAsync(
        TimeSpan patience, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var peer in _options.Peers.Where(peer => peer.EndPoint is not null))
        {
            _tunnels.Add(peer, new ProbeTunnel(_options, peer));
        }

        var outcomes = _tunnels.ToDictionary(
            entry => entry.Key, entry => entry.Value.ShakeHandsAsync(patience, cancellationToken));
        foreach (var (peer, task) in outcomes)
        {
            var outcome = await task.ConfigureAwait(false);
            if (outcome.Ending == HandshakeEnding.Answered)
            {
                _answered.Add(peer);
            }

            yield return HandshakeCheck.Of(peer, _options.PrivateKey.PublicKey, outcome);
        }

        foreach (var peer in _options.Peers.Where(peer => peer.EndPoint is null))
        {
            yield return configuration.EndpointNames.TryGetValue(peer.PublicKey, out var name)
                ? HandshakeCheck.OfUnresolved(peer, name)
                : HandshakeCheck.OfPassive(peer);
        }
    }

    /// <summary>Makes new sessions with those that answered, after somebody else had them.</summary>
    public async Task ReopenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        foreach (var peer in _answered)
        {
            var tunnel = new ProbeTunnel(_options, peer);
            _tunnels.Add(peer, tunnel);
            await tunnel.ShakeHandsAsync(patience, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The session with the peer that has a destination, and our address for it.</summary>
    public (ProbeTunnel Tunnel, IPAddress Source)? Find(IPAddress destination)
    {
        var source = InterfaceAddress.SourceFor(_options.Addresses, destination);
        var peer = configuration.PeerOf(destination);
        return source is not null && peer is not null && _answered.Contains(peer) ? (_tunnels[peer], source) : null;
    }

    /// <summary>Ends them all, but remembers who answered.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var tunnel in _tunnels.Values)
        {
            await tunnel.DisposeAsync().ConfigureAwait(false);
        }

        _tunnels.Clear();
    }
}
