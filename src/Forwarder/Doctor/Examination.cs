using System.Net;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Control;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Doctor;

/// <summary>
/// Every check: first what is of this machine, then the way of a connection, from the endpoint to the destinations.
/// </summary>
internal sealed class Examination : IAsyncDisposable
{
    /// <summary>Destinations that are looked at: the whole is to end in time.</summary>
    private const int MaxDestinations = 64;

    private const Protocols All = Protocols.Tcp | Protocols.Udp;

    /// <summary>An endpoint takes one initiation of a peer in 20 ms, and its time stamp advances in steps of 17 ms.</summary>
    private static readonly TimeSpan BetweenHandshakes = TimeSpan.FromMilliseconds(50);

    private readonly ForwarderConfiguration _configuration;
    private readonly Machine _machine;
    private readonly Patience _patience = new();
    private readonly TunnelOptions _options;
    private readonly ProbeSessions _sessions;
    private readonly Dictionary<string, IReadOnlyList<IPAddress>> _names = new(StringComparer.OrdinalIgnoreCase);

    private Examination(ForwarderConfiguration configuration, Machine machine)
    {
        (_configuration, _machine, _options) = (configuration, machine, configuration.Tunnel);
        _sessions = new ProbeSessions(configuration);
    }

    /// <summary>Says what it finds, as it finds it.</summary>
    public static async IAsyncEnumerable<Finding> RunAsync(
        Settings settings, Machine machine, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return ClockCheck.Of(DateTime.UtcNow, Directory.GetLastWriteTimeUtc(AppContext.BaseDirectory));
        var (configuration, faults) = await ConfigurationReader.ReadAsync(settings, machine, cancellationToken)
            .ConfigureAwait(false);
        foreach (var finding in ConfigurationCheck.Of(configuration, faults))
        {
            yield return finding;
        }

        if (configuration is null)
        {
            yield break;
        }

        using (configuration)
        {
            var found = await new ProcessFinder(ControlDirectory.Places(machine)).FindAsync(cancellationToken)
                .ConfigureAwait(false);
            List<Finding> others = [.. OtherProcessCheck.Of($"{configuration.Tunnel.PrivateKey.PublicKey}", found.Processes)];
            foreach (var finding in others)
            {
                yield return finding;
            }

            var examination = new Examination(configuration, machine);
            await using (examination.ConfigureAwait(false))
            {
                await foreach (var finding in examination.FollowAsync(isAlone: others.Count == 0, cancellationToken).ConfigureAwait(false))
                {
                    yield return finding;
                }
            }
        }
    }

    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    private async IAsyncEnumerable<Finding> FollowAsync(bool isAlone, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (WayOutCheck.Of(_options) is { } noWay)
        {
            yield return noWay;
            yield break;
        }

        if (isAlone && ListenPortCheck.Of(_options.Transport) is { } taken)
        {
            yield return taken;
        }

        await foreach (var finding in _sessions.OpenAsync(_patience.Handshake, cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }

        foreach (var resolver in _configuration.Dns)
        {
            yield return RouteCheck.Of(_configuration, resolver);
        }

        await foreach (var finding in FindNamesAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return finding;
        }

        var addresses = Distinct(Destinations(All).Select(destination => destination.Address));
        foreach (var address in addresses.Except(_configuration.Dns))
        {
            yield return RouteCheck.Of(_configuration, address);
        }

        // What has no route has been reported above.
        addresses.RemoveAll(address => _configuration.PeerOf(address) is null);
        var ports = Distinct(Destinations(Protocols.Tcp).Where(port => addresses.Contains(port.Address)));

        // They run at once, and are reported in order.
        List<Task<Finding>> steps =
        [
            .. ports.Select(port => ConnectAsync(port, cancellationToken)),
            .. addresses.Select(address => MeasureAsync(address, cancellationToken)),
        ];
        foreach (var step in steps)
        {
            yield return await step.ConfigureAwait(false);
        }

        foreach (var port in Distinct(Destinations(Protocols.Udp)))
        {
            yield return Finding.Skipped($"UDP {port}: not tried, as a service need not answer what it does not understand");
        }

        if (!Forwards(All).Any())
        {
            yield return Finding.Note("destinations: none is known in advance, so none was tried");
        }
    }

    private static List<T> Distinct<T>(IEnumerable<T> destinations) =>
        [.. destinations.Distinct().Take(MaxDestinations)];

    private async IAsyncEnumerable<Finding> FindNamesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hosts = Distinct(Forwards(All).OfType<NamedEndPoint>().Select(named => named.Host));
        if (hosts.Count == 0)
        {
            yield break;
        }

        if (_configuration.Dns.Count > 0 && !_sessions.IsAny)
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
            yield return NameCheck.Of(host, addresses, _configuration.Dns);
        }
    }

    private async Task<Dictionary<string, IReadOnlyList<IPAddress>>> LookupAsync(
        List<string> hosts, CancellationToken cancellationToken)
    {
        var names = new DestinationNames(_configuration, _machine);
        if (_configuration.Dns.Count == 0)
        {
            return await names.LookupAsync(hosts, _patience.Name, cancellationToken).ConfigureAwait(false);
        }

        // Whoever asks through the tunnel takes over the sessions with our key.
        await _sessions.DisposeAsync().ConfigureAwait(false);
        await Task.Delay(BetweenHandshakes, cancellationToken).ConfigureAwait(false);
        var found = await names.LookupAsync(hosts, _patience.Name, cancellationToken).ConfigureAwait(false);
        await Task.Delay(BetweenHandshakes, cancellationToken).ConfigureAwait(false);
        await _sessions.ReopenAsync(_patience.Handshake, cancellationToken).ConfigureAwait(false);
        return found;
    }

    private IEnumerable<EndPoint> Forwards(Protocols protocols) => _configuration.Forwards
        .Where(forward => !forward.IsRemote && protocols.HasFlag(forward.Protocol))
        .Select(forward => forward.Destination)
        .Concat(protocols.HasFlag(Protocols.Tcp) && _configuration.Stdio is { } stdio ? [stdio] : []);

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

    private Task<Finding> ConnectAsync(IPEndPoint destination, CancellationToken cancellationToken) =>
        AskAsync($"TCP {destination}", destination.Address, (tunnel, source) =>
            new TcpCheck(tunnel, source, destination).RunAsync(_patience.Answer, cancellationToken));

    private Task<Finding> MeasureAsync(IPAddress destination, CancellationToken cancellationToken) =>
        AskAsync($"MTU to {destination}", destination, (tunnel, source) =>
            new MtuCheck(tunnel, source, destination, _options).RunAsync(_patience.Answer, cancellationToken));

    private Task<Finding> AskAsync(string name, IPAddress destination, Func<ProbeTunnel, IPAddress, Task<Finding>> ask) =>
        _sessions.Find(destination) is var (tunnel, source)
            ? ask(tunnel, source)
            : Task.FromResult(Finding.Skipped($"{name}: there is no session with its peer"));
}
