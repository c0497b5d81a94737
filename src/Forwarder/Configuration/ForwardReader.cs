using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the port forwards of both directions and resolves their names.</summary>
internal sealed class ForwardReader(Settings settings, NameResolver names, FaultList faults)
{
    private const string DefaultSourceHost = "127.0.0.1";

    public async Task<IReadOnlyList<ResolvedForward>> ReadAsync(
        IReadOnlyList<IPAddress> sourcePeers, CancellationToken cancellationToken)
    {
        if (settings.PortForwards.Count == 0 && settings.RemotePortForwards.Count == 0)
        {
            faults.Configuration("No port forward configurations given.");
        }

        foreach (var (setting, remote) in Parse(settings.RemotePortForwards, "Failed to parse remote port forward config"))
        {
            CheckRemote(setting, remote, sourcePeers);
        }

        var forwards = new List<ResolvedForward>();
        foreach (var (setting, forward) in Parse(settings.PortForwards, "Failed to parse port forward config"))
        {
            if (forward.Protocols.HasFlag(Protocols.Udp))
            {
                faults.Configuration($"UDP forwards are not supported yet: {setting}");
            }
            else if (await ResolveAsync(setting, forward, sourcePeers, cancellationToken).ConfigureAwait(false) is { } resolved
                && !forwards.Contains(resolved))
            {
                forwards.Add(resolved);
            }
        }

        return forwards;
    }

    private IEnumerable<(string Text, PortForward Forward)> Parse(IReadOnlyList<Setting> forwards, string failure)
    {
        foreach (var setting in forwards.DistinctBy(setting => setting.Value))
        {
            if (PortForward.TryParse(setting.Value!, out var forward, out var error))
            {
                yield return (setting.Value!, forward);
                continue;
            }

            var message = $"{failure}: {error.Message}{Environment.NewLine}{error.Underline(setting.Value!)}";
            if (setting.Source == SettingSource.CommandLine)
            {
                faults.Usage(message);
            }
            else
            {
                faults.Configuration(message);
            }
        }
    }

    private void CheckRemote(string text, PortForward remote, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (remote.SourceHost is { } host
            && sourcePeers.Count > 0
            && !(HostText.TryParseAddress(host, out var address) && sourcePeers.Contains(address)))
        {
            faults.Configuration($"Remote port forward config <src_host> must match --source-peer-ip ({string.Join(',', sourcePeers)}), or be omitted.");
            return;
        }

        faults.Configuration($"Remote port forwards are not supported yet: {text}");
    }

    private async Task<ResolvedForward?> ResolveAsync(
        string text, PortForward forward, IReadOnlyList<IPAddress> sourcePeers, CancellationToken cancellationToken)
    {
        var source = await names.FindAsync(forward.SourceHost ?? DefaultSourceHost, [], cancellationToken).ConfigureAwait(false);
        if (source is null)
        {
            faults.Configuration($"Could not resolve source address: {forward.SourceHost} in {text}");
        }

        // What comes out of the tunnel comes from one of our addresses, so only their families can be reached.
        AddressFamily[] families = [.. sourcePeers.Select(address => address.AddressFamily).Distinct()];
        var destination = await names.FindAsync(forward.DestinationHost, families, cancellationToken).ConfigureAwait(false);
        if (destination is null)
        {
            faults.Configuration($"Could not resolve destination address: {forward.DestinationHost} in {text}");
        }
        else if (families.Length > 0 && !families.Contains(destination.AddressFamily))
        {
            faults.Configuration($"Invalid destination address: {destination} and --source-peer-ip ({string.Join(',', sourcePeers)}) "
                + $"must be the same IP version in {text}");
            return null;
        }

        return source is null || destination is null
            ? null
            : new ResolvedForward(new IPEndPoint(source, forward.SourcePort), new IPEndPoint(destination, forward.DestinationPort));
    }
}
