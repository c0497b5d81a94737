using System.Net;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Doctor;

/// <summary>Goes the way of a connection, from the endpoint to the destinations, and says what it finds.</summary>
internal sealed class Examination(ForwarderConfiguration configuration, Machine machine, Patience patience)
    : IAsyncDisposable
{
    /// <summary>Destinations that are looked at: the whole is to end in time.</summary>
    private const int MaxDestinations = 64;

    private const Protocols All = Protocols.Tcp | Protocols.Udp;

    /// <summary>An endpoint takes one initiation of a peer in 20 ms, with a time stamp that counts in 17 ms.</summary>
    private static readonly TimeSpan BetweenHandshakes = TimeSpan.FromMilliseconds(50);

    private readonly TunnelOptions _options = configuration.Tunnel;
    private readonly ProbeSessions _sessions = new(configuration);
    private readonly Dictionary<string, IReadOnlyList<IPAddress>> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Goes through all of it.</summary>
    public async IAsyncEnumerable<Finding> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (WayOutCheck.Of(_options) is { } noWay)
        {
            yield return noWay;
            yield break;
        }

        await foreach (var finding in _sessions.OpenAsync(patience.Handshake, cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }

        foreach (var resolver in configuration.Dns)
        {
            yield return RouteCheck.Of(configuration, resolver);
        }

        await foreach (var finding in FindNamesAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }

        var addresses = Distinct(Destinations(All).Select(destination => destination.Address));
        foreach (var address in addresses.Except(configuration.Dns))
        {
            yield return RouteCheck.Of(configuration, address);
        }

        // What has no route has been told
        addresses.RemoveAll(address => configuration.PeerOf(address) is null);
        var ports = Distinct(Destinations(Protocols.Tcp).Where(port => addresses.Contains(port.Address)));

        // All at once, told in order
        List<Task<Finding>> steps =
        [
            .. ports.Select(port => ConnectAsync(port, cancellationToken)),
            .. addresses.Select(address => MeasureAsync(address, cancellationToken)),
        ];
        foreach (var step in steps)
        {
            yield return await step.ConfigureAwait(false);
        }

        if (configuration.Forwards.All(forward => forward.IsRemote))
        {
            yield return Finding.Note("destinations: none is known beforehand, so none was tried");
        }
    }

    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    private static List<T> Distinct<T>(IEnumerable<T> destinations) =>
        [.. destinations.Distinct().Take(MaxDestinations)];

    private async IAsyncEnumerable<Finding> FindNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hosts = Distinct(Forwards(All).OfType<NamedEndPoint>().Select(named => named.Host));
        if (hosts.Count == 0)
        {
            yield break;
        }

        if (configuration.Dns.Count > 0 && !_sessions.IsAny)
        {
            foreach (var host in hosts)
            {
                yield return Finding.Skipped($"name {SafeText.Of(host)}: there is no session to ask through");
            }

            yield break;
        }

        var found = await LookupAsync(hosts, cancellationToken).ConfigureAwait(false);
        foreach (var (host, addresses) in found)
        {
            _names[host] = addresses;
            yield return NameCheck.Of(host, addresses, configuration.Dns);
        }
    }

    private async Task<Dictionary<string, IReadOnlyList<IPAddress>>> LookupAsync(
        List<string> hosts, CancellationToken cancellationToken)
    {
        var names = new DestinationNames(configuration, machine);
        if (configuration.Dns.Count == 0)
        {
            return await names.LookupAsync(hosts, patience.Name, cancellationToken).ConfigureAwait(false);
        }

        // Whoever asks through the tunnel takes the sessions with our key over
        await _sessions.DisposeAsync().ConfigureAwait(false);
        await Task.Delay(BetweenHandshakes, cancellationToken).ConfigureAwait(false);
        var found = await names.LookupAsync(hosts, patience.Name, cancellationToken).ConfigureAwait(false);
        await Task.Delay(BetweenHandshakes, cancellationToken).ConfigureAwait(false);
        await _sessions.ReopenAsync(patience.Handshake, cancellationToken).ConfigureAwait(false);
        return found;
    }

    private IEnumerable<EndPoint> Forwards(Protocols protocols) => configuration.Forwards
        .Where(forward => !forward.IsRemote && protocols.HasFlag(forward.Protocol))
        .Select(forward => forward.Destination);

    /// <summary>With the first address of a name that one of ours can reach, as far as it is known.</summary>
    private IEnumerable<IPEndPoint> Destinations(Protocols protocols) =>
        Forwards(protocols).SelectMany(destination => destination switch
        {
            IPEndPoint known => [known],
            NamedEndPoint named => _names.GetValueOrDefault(named.Host, [])
                .Where(address => _options.Addresses.Any(ours => ours.Address.AddressFamily == address.AddressFamily))
                .Take(1)
                .Select(address => new IPEndPoint(address, named.Port)),
            _ => Enumerable.Empty<IPEndPoint>(),
        });

    private async Task<Finding> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken)
    {
        if (_sessions.Find(destination.Address) is not var (tunnel, source))
        {
            return Finding.Skipped($"TCP {destination}: there is no session with its peer");
        }

        var check = new TcpCheck(tunnel, source, destination);
        return await check.RunAsync(patience.Answer, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Finding> MeasureAsync(IPAddress destination, CancellationToken cancellationToken)
    {
        if (_sessions.Find(destination) is not var (tunnel, source))
        {
            return Finding.Skipped($"MTU to {destination}: there is no session with its peer");
        }

        var check = new MtuCheck(tunnel, source, destination, _options.Mtu);
        return await check.RunAsync(patience.Answer, cancellationToken).ConfigureAwait(false);
    }
}
