using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Text;

namespace Onetun.Forwarder.Configuration;

/// <summary>
/// Reads the port forwards of both directions. The names of sources are resolved, those of destinations are kept.
/// </summary>
internal sealed class ForwardReader(
    Settings settings, NameResolver names, FaultList faults, List<string> warnings)
{
    private const string DefaultSourceHost = "127.0.0.1";
    private const string RemoteFailure = "Failed to parse remote port forward config";
    private const string AllOfOurs = "*"; // As ssh -R has it

    private readonly List<ResolvedForward> _forwards = [];

    private string NameOfOurs => settings.NameOf(Options.SourcePeerIp);

    public async Task<IReadOnlyList<ResolvedForward>> ReadAsync(
        IReadOnlyList<IPAddress> sourcePeers, CancellationToken cancellationToken)
    {
        var hasProxy = settings.HasServices || Options.OfProxies.Any(proxy => settings[proxy.Option].IsPresent);
        var hasForward = settings.PortForwards.Count > 0 || settings.RemotePortForwards.Count > 0;
        if (settings.NeedsForwards && settings.Stdio.IsPresent)
        {
            faults.Value(settings.Stdio, $"{WireproxyKind.Stdio.Name} is for 'onetun stdio --config "
                + $"{Path.GetFileName(settings[Options.Config].Value)}', which carries its standard input and output to "
                + $"{settings.Stdio.Value}; leave it out of a file whose forwards and proxies are to run");
        }
        else if (settings.NeedsForwards && !hasProxy && !hasForward)
        {
            // Those that are ignored, behind a gap in their numbers, are why there is none.
            OptionDeclaration[] numbered = [Options.PortForward, Options.Remote];
            var ignored = settings.Warnings.Where(
                warning => numbered.Any(option => warning.StartsWith(option.Variable, StringComparison.Ordinal)));
            faults.Configuration(string.Join(' ', ignored.Prepend("No port forward configurations given.")));
        }

        foreach (var (setting, forward) in Parse(settings.PortForwards, "Failed to parse port forward config"))
        {
            var source = await FindSourceAsync(setting, forward, cancellationToken).ConfigureAwait(false);
            Add(setting, forward, source, FindPeer(setting, forward, sourcePeers), isRemote: false);
            if (source is IPEndPoint { Address: var address }
                && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)))
            {
                warnings.Add($"The port forward {setting.Value} listens on all addresses of this machine: everyone who "
                    + "reaches one of them reaches the destination.");
            }
        }

        foreach (var (setting, forward) in Parse(settings.RemotePortForwards, RemoteFailure))
        {
            var destination = FindLocal(setting, forward);
            foreach (var source in FindSourcePeers(setting, forward, sourcePeers))
            {
                Add(setting, forward, source, destination, isRemote: true);
            }
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
                var name = setting.Value.Split('=')[0]; // What follows may be a password
                faults.Value(setting, $"Unknown option {name} (onetun --help lists them)");
                continue;
            }

            if (SafeText.IsKeyLike(setting.Value))
            {
                faults.Value(setting, $"{failure}: it looks like a key, not a port forward");
                continue;
            }

            faults.Value(setting, $"{failure}: {error.Explain(setting.Value)}");
        }
    }

    private void Add(Setting setting, PortForward forward, EndPoint? source, EndPoint? destination, bool isRemote)
    {
        if (source is null || destination is null)
        {
            return;
        }

        foreach (var protocol in new[] { Protocols.Udp, Protocols.Tcp })
        {
            var resolved = new ResolvedForward(protocol, source, destination, isRemote);
            if (!forward.Protocols.HasFlag(protocol) || _forwards.Contains(resolved))
            {
                continue;
            }

            if (_forwards.Exists(other => TakeOnePort(other, resolved)))
            {
                faults.Value(setting, $"Invalid source address: another forward has {resolved.ProtocolName} {source}, "
                    + $"which {setting.Value} wants too");
                continue;
            }

            _forwards.Add(resolved);
        }
    }

    // Port 0 is a different port each time.
    private static bool TakeOnePort(ResolvedForward one, ResolvedForward other) =>
        (one.Protocol, one.IsRemote) == (other.Protocol, other.IsRemote)
        && one.Source.Equals(other.Source)
        && one.Source is not IPEndPoint { Port: 0 };

    private async Task<EndPoint?> FindSourceAsync(
        Setting setting, PortForward forward, CancellationToken cancellationToken)
    {
        if (forward.SourcePath is { } path)
        {
            return FindUnixSocket(setting, path);
        }

        if (forward.SourceHost == AllOfOurs)
        {
            faults.Value(setting, $"Invalid source address: {NameResolver.EveryAddress}, in {setting.Value}");
            return null;
        }

        var source = await names.FindAsync(forward.SourceHost ?? DefaultSourceHost, [], cancellationToken)
            .ConfigureAwait(false);
        if (source is null)
        {
            faults.Name(setting.Locate($"Could not resolve source address: {forward.SourceHost} in {setting.Value}"));
            return null;
        }

        return new IPEndPoint(source, forward.SourcePort);
    }

    private UnixDomainSocketEndPoint? FindUnixSocket(Setting setting, string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (Exception error) when (error is ArgumentException or PlatformNotSupportedException)
        {
            // It may have 108 bytes on Linux.
            faults.Value(setting, $"Invalid source address: the path is too long for a Unix-domain socket in {setting.Value}");
            return null;
        }
    }

    private IEnumerable<IPEndPoint> FindSourcePeers(Setting setting, PortForward forward, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (forward.SourcePath is null && (forward.SourceHost is null or AllOfOurs || sourcePeers.Count == 0))
        {
            var opened = forward.SourceHost == AllOfOurs ? sourcePeers : sourcePeers.Take(1);
            return opened.Select(ours => new IPEndPoint(ours, forward.SourcePort));
        }

        if (HostText.TryParseAddress(forward.SourceHost ?? "", out var address) && sourcePeers.Contains(address))
        {
            return [new IPEndPoint(address, forward.SourcePort)];
        }

        faults.Value(
            setting,
            $"Remote port forward config <src_host> must match {NameOfOurs} ({string.Join(',', sourcePeers)}), or be omitted.");
        return [];
    }

    private EndPoint? FindLocal(Setting setting, PortForward forward)
    {
        var destination = NamedEndPoint.Of(forward.DestinationHost, forward.DestinationPort);
        return Check(setting, destination, address => AddressFault.OfHost(address));
    }

    // What goes into the tunnel comes from one of our addresses, so only their families can be reached.
    private EndPoint? FindPeer(Setting setting, PortForward forward, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (OutsideFault.Of(forward.DestinationHost) is { } fault)
        {
            faults.Value(setting, $"Invalid destination address: {fault}, in {setting.Value}");
            return null;
        }

        var destination = NamedEndPoint.Of(forward.DestinationHost, forward.DestinationPort);
        return Check(setting, destination, address => WhyNotPeer(address, sourcePeers));
    }

    private EndPoint? Check(Setting setting, EndPoint destination, Func<IPAddress, string?> whyNot)
    {
        if (destination is not IPEndPoint { Address: var address } || whyNot(address) is not { } reason)
        {
            return destination;
        }

        faults.Value(setting, $"Invalid destination address: {address} {reason} in {setting.Value}");
        return null;
    }

    private string? WhyNotPeer(IPAddress destination, IReadOnlyList<IPAddress> sourcePeers)
    {
        if (AddressFault.OfHost(destination) is { } reason)
        {
            return reason;
        }

        if (sourcePeers.Contains(destination))
        {
            return "is our own address, not one behind the tunnel";
        }

        if (Unforwardable.Is(destination, sourcePeers))
        {
            return "is a link-local address, and none of ours in the tunnel is one";
        }

        return sourcePeers.Count == 0 || sourcePeers.Any(ours => ours.AddressFamily == destination.AddressFamily)
            ? null
            : $"and {NameOfOurs} ({string.Join(',', sourcePeers)}) must be the same IP version";
    }
}
