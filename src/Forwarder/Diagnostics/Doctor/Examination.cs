using System.Net;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Diagnostics.Doctor;

/// <summary>How long the steps wait.</summary>
internal sealed record Patience
{
    /// <summary>Enough for a second initiation, 5 s after the first (WireGuard §6.4), and its answer.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Four SYNs or pings, a second apart.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(4);
}

/// <summary>Goes the way of a connection, from the endpoint to the destinations, and says what it finds.</summary>
internal sealed class Examination(ForwarderConfiguration configuration, Patience patience) : IAsyncDisposable
{
    /// <summary>Destinations that are looked at: the whole is to end in time.</summary>
    private const int MaxDestinations = 64;

    private readonly TunnelOptions _options = configuration.Tunnel;
    private readonly Dictionary<TunnelPeer, ProbeTunnel> _tunnels = [];
    private readonly HashSet<TunnelPeer> _answered = [];

    /// <summary>Goes through all of it.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var finding in ShakeHandsAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }

        var destinations = Destinations(Protocols.Tcp | Protocols.Udp);
        var addresses = Distinct(destinations.OfType<IPEndPoint>().Select(destination => destination.Address));
        var ports = Distinct(Destinations(Protocols.Tcp).OfType<IPEndPoint>());
        foreach (var address in addresses)
        {
            yield return RouteCheck.Of(_options.Peers, address);
        }

        // .. what has no route has been told
        ports.RemoveAll(port => RouteCheck.Find(_options.Peers, port.Address) is null);
        addresses.RemoveAll(address => RouteCheck.Find(_options.Peers, address) is null);

        // .. all at once, told in order
        List<Task<Finding>> steps =
        [
            .. ports.Select(port => ConnectAsync(port, cancellationToken)),
            .. addresses.Select(address => MeasureAsync(address, cancellationToken)),
        ];
        foreach (var step in steps)
        {
            yield return await step.ConfigureAwait(false);
        }

        if (destinations.Count == 0)
        {
            yield return Finding.Note("destinations: none is known beforehand, so none was tried");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tunnel in _tunnels.Values)
        {
            await tunnel.DisposeAsync().ConfigureAwait(false);
        }
    }

    private List<EndPoint> Destinations(Protocols protocols) =>
    [
        .. configuration.Forwards
            .Where(forward => !forward.IsRemote && protocols.HasFlag(forward.Protocol))
            .Select(forward => forward.Destination),
    ];

    private static List<T> Distinct<T>(IEnumerable<T> destinations) =>
        [.. destinations.Distinct().Take(MaxDestinations)];

    private async IAsyncEnumerable<Finding> ShakeHandsAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var peer in _options.Peers.Where(peer => peer.EndPoint is not null))
        {
            _tunnels.Add(peer, new ProbeTunnel(_options, peer));
        }

        var outcomes = _tunnels.ToDictionary(
            entry => entry.Key, entry => entry.Value.ShakeHandsAsync(patience.Handshake, cancellationToken));
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
            yield return HandshakeCheck.OfPassive(peer);
        }
    }

    private async Task<Finding> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken)
    {
        if (Find(destination.Address) is not var (tunnel, source))
        {
            return Finding.Skipped($"TCP {destination}: there is no session with its peer");
        }

        var check = new TcpCheck(tunnel, source, destination);
        return await check.RunAsync(patience.Answer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Finding> MeasureAsync(IPAddress destination, CancellationToken cancellationToken)
    {
        if (Find(destination) is not var (tunnel, source))
        {
            return Finding.Skipped($"MTU to {destination}: there is no session with its peer");
        }

        var check = new MtuCheck(tunnel, source, destination, _options.Mtu);
        return await check.RunAsync(patience.Answer, cancellationToken).ConfigureAwait(false);
    }

    private (ProbeTunnel Tunnel, IPAddress Source)? Find(IPAddress destination)
    {
        var source = _options.Addresses.FirstOrDefault(address => address.AddressFamily == destination.AddressFamily);
        var peer = RouteCheck.Find(_options.Peers, destination);
        return source is not null && peer is not null && _answered.Contains(peer) ? (_tunnels[peer], source) : null;
    }
}
