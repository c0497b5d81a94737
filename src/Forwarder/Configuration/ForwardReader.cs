using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the port forwards of both directions and resolves their names.</summary>
internal sealed class ForwardReader(
    Settings settings, NameResolver names, FaultList faults, List<string> warnings)
{
    private const string DefaultSourceHost = "127.0.0.1";

    private readonly List<ResolvedForward> _forwards = [];

    public async Task<IReadOnlyList<ResolvedForward>> ReadAsync(
        IReadOnlyList<IPAddress> sourcePeers, CancellationToken cancellationToken)
    {
        var hasProxy = settings.Socks5.IsPresent || settings.HttpProxy.IsPresent;
        var hasForward = settings.PortForwards.Count > 0 || settings.RemotePortForwards.Count > 0;
        if (settings.NeedsForwards && !hasProxy && !hasForward)
        {
            faults.Configuration("No port forward configurations given.");
        }

        foreach (var (setting, forward) in Parse(settings.PortForwards, "Failed to parse port forward config"))
        {
            var source = await FindSourceAsync(setting.Value!, forward, cancellationToken).ConfigureAwait(false);
            var destination = await FindPeerAsync(setting, forward, sourcePeers, cancellationToken).ConfigureAwait(false);
            Add(forward, source, destination, isRemote: false);
            if (source?.Equals(IPAddress.Any) == true || source?.Equals(IPAddress.IPv6Any) == true)
            {
                warnings.Add($"The port forward {setting.Value} listens on all addresses of this machine: everyone who "
                    + "reaches one of them reaches the destination.");
            }
        }

        const string remoteFailure = "Failed to parse remote port forward config";
        foreach (var (setting, forward) in Parse(settings.RemotePortForwards, remoteFailure))
        {
            var source = FindSourcePeer(forward, sourcePeers);
            var destination = await FindDestinationAsync(setting.Value!, forward, [], cancellationToken).ConfigureAwait(false);
            Add(forward, source, destination, isRemote: true);
        }

        return _forwards;
    }

    private IEnumerable<(Setting Setting, PortForward Forward)> Parse(IReadOnlyList<Setting> forwards, string failure)
    {
        foreach (var setting in forwards.DistinctBy(setting => setting.Value))
        {
            if (PortForward.TryParse(setting.Value!, out var forward, out var error))
            {
                yield return (setting, forward);
                continue;
            }

            if (setting.Value!.StartsWith('-'))
            {
                faults.Usage($"Unknown option {setting.Value} (onetun --help lists them)");
                continue;
            }

            var message = $"{failure}: {error.Message}{Environment.NewLine}{error.Underline(setting.Value!)}";
            faults.Value(setting, message);
        }
    }

    private void Add(PortForward forward, IPAddress? source, IPAddress? destination, bool isRemote)
    {
        if (source is null || destination is null)
        {
            return;
        }

        foreach (var protocol in new[] { Protocols.Udp, Protocols.Tcp })
        {
            var resolved = new ResolvedForward(
                protocol,
                new IPEndPoint(source, forward.SourcePort),
                new IPEndPoint(destination, forward.DestinationPort),
                isRemote);
            if (forward.Protocols.HasFlag(protocol) && !_forwards.Contains(resolved))
            {
                _forwards.Add(resolved);
            }
        }
    }

    private async Task<IPAddress?> FindSourceAsync(
        string text, PortForward forward, CancellationToken cancellationToken)
    {
        var source = await names.FindAsync(forward.SourceHost ?? DefaultSourceHost, [], cancellationToken)
            .ConfigureAwait(false);
        if (source is null)
        {
            faults.Configuration($"Could not resolve source address: {forward.SourceHost} in {text}");
        }

        return source;
    }

    private IPAddress? FindSourcePeer(PortForward forward, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (forward.SourceHost is not { } host || sourcePeers.Count == 0)
        {
            return sourcePeers.Count > 0 ? sourcePeers[0] : null;
        }

        if (HostText.TryParseAddress(host, out var address) && sourcePeers.Contains(address))
        {
            return address;
        }

        faults.Configuration("Remote port forward config <src_host> must match --source-peer-ip "
            + $"({string.Join(',', sourcePeers)}), or be omitted.");
        return null;
    }

    private async Task<IPAddress?> FindDestinationAsync(
        string text, PortForward forward, AddressFamily[] families, CancellationToken cancellationToken)
    {
        var destination = await names.FindAsync(forward.DestinationHost, families, cancellationToken)
            .ConfigureAwait(false);
        if (destination is null)
        {
            faults.Configuration($"Could not resolve destination address: {forward.DestinationHost} in {text}");
        }

        return destination;
    }

    // What goes into the tunnel comes from one of our addresses, so only their families can be reached.
    private async Task<IPAddress?> FindPeerAsync(
        Setting setting, PortForward forward, IReadOnlyList<IPAddress> sourcePeers, CancellationToken cancellationToken)
    {
        AddressFamily[] families = [.. sourcePeers.Select(address => address.AddressFamily).Distinct()];
        var destination = await FindDestinationAsync(setting.Value!, forward, families, cancellationToken).ConfigureAwait(false);
        if (destination is null || WhyNotPeer(destination, families, sourcePeers) is not { } reason)
        {
            return destination;
        }

        faults.Value(setting, $"Invalid destination address: {destination} {reason} in {setting.Value}");
        return null;
    }

    private static string? WhyNotPeer(
        IPAddress destination, AddressFamily[] families, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (AddressFault.OfHost(destination) is { } reason)
        {
            return reason;
        }

        if (sourcePeers.Contains(destination))
        {
            return "is our own address, not one behind the tunnel";
        }

        return families.Length == 0 || families.Contains(destination.AddressFamily)
            ? null
            : $"and --source-peer-ip ({string.Join(',', sourcePeers)}) must be the same IP version";
    }
}
