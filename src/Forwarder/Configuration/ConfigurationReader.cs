using System.Net;
using Onetun.Forwarder.Common;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Makes a configuration of what was written, or lists all that is wrong with it.</summary>
internal sealed class ConfigurationReader
{
    private readonly FaultList _faults = new();
    private readonly List<string> _warnings;
    private readonly Machine _machine;
    private readonly NameResolver _names;
    private Settings _settings;

    private ConfigurationReader(Settings settings, Machine machine)
    {
        _machine = machine;
        _names = new NameResolver(machine);
        _warnings = [.. settings.Warnings];
        _settings = settings;
    }

    /// <summary>The configuration, which is null if there is any fault.</summary>
    public static async Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync(
        Settings settings, Machine machine, CancellationToken cancellationToken = default)
    {
        if (settings.Faults.Count > 0)
        {
            return (null, settings.Faults);
        }

        var reader = new ConfigurationReader(settings, machine);
        // Without the file, everything in it would be reported as missing.
        var configuration = reader.TryReadFile()
            ? await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            : null;
        return (configuration, reader._faults.Faults);
    }

    private async Task<ForwarderConfiguration?> ReadAsync(CancellationToken cancellationToken)
    {
        var ours = new SourcePeerReader(_settings, _faults).Read();
        IPAddress[] addresses = [.. ours.Select(one => one.Address)];
        var forwards = await new ForwardReader(_settings, _names, _faults, _warnings).ReadAsync(addresses, cancellationToken)
            .ConfigureAwait(false);
        var (dns, searchDomains) = new DnsReader(_settings, _faults, _warnings).Read(addresses);
        var keys = new KeyReader(_settings, _machine, _faults, _warnings);
        var privateKey = keys.ReadPrivateKey();
        var peerReader = new PeerReader(_settings, _names, keys, _faults, _warnings);
        var (peers, bindEndPoint) = await peerReader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var services = await new ServiceReader(_settings, _names, _faults, _warnings).ReadAsync(cancellationToken)
            .ConfigureAwait(false);
        CheckListeners(forwards, services);
        var configuration = Apply(new ForwarderConfiguration
        {
            FileName = _settings.File?.Name,
            Tunnel = new TunnelOptions
            {
                PrivateKey = privateKey!,
                Addresses = ours,
                Peers = peers,
                Transport = new UdpTransportOptions { BindEndPoint = bindEndPoint },
            },
            EndpointNames = peerReader.Names,
            Forwards = forwards,
            Dns = dns,
            SearchDomains = searchDomains,
            Services = services,
            Stdio = ReadStdio(),
        });
        CheckPeers(privateKey, peers);
        CaptureOptions.Check(configuration.Capture, _settings, _faults);
        if (_faults.Faults.Count > 0)
        {
            privateKey?.Dispose();
            foreach (var peer in peers)
            {
                peer.PresharedKey?.Dispose();
            }

            return null;
        }

        _warnings.AddRange(Resolvers.Unreached(dns, peers));
        _warnings.AddRange(forwards.Where(forward => Lacks(configuration, forward)).Select(forward =>
            $"{forward.Destination} is in no peer's AllowedIPs: nothing will be sent there."));
        if (configuration.IsReached && peers.Any(peer => peer.EndPoint is not null && peer.PersistentKeepalive == TimeSpan.Zero))
        {
            _warnings.Add("Without keepalives a firewall or NAT in front of this machine soon forgets the way back, and no peer "
                + "reaches what --remote opens: leave out --keep-alive 0, or PersistentKeepalive = off");
        }

        _warnings.AddRange(SecretFiles(configuration.Capture).Select(file =>
            $"DANGER: the keys of every handshake and this machine's private key are written to {file}. Whoever reads it reads all traffic, "
            + "and can pass for this machine: delete it when you are done."));
        if (dns.Count == 0 && services.Proxies.Count > 0)
        {
            _warnings.Add("The names that clients of a proxy ask for are looked up by this machine's resolver, outside the tunnel. "
                + "Name one inside it with --dns, or DNS in the file.");
        }

        return configuration with { Warnings = [.. _warnings.Select(SafeText.Of)] };
    }

    private static IEnumerable<string> SecretFiles(CaptureConfiguration capture)
    {
        if (capture.HasSecrets)
        {
            yield return capture.Path == "-" ? "standard output" : capture.Path!;
        }

        if (capture.KeyLog is { } keyLog)
        {
            yield return keyLog;
        }
    }

    private static bool Lacks(ForwarderConfiguration configuration, ResolvedForward forward) => !forward.IsRemote
        && forward.Destination is IPEndPoint { Address: var address } && configuration.PeerOf(address) is null;

    private bool TryReadFile()
    {
        if (_settings[Options.Config].Value is not { } value)
        {
            return true;
        }

        if (ConfigurationFile.Find(value, _machine, _faults) is not { } source
            || WgQuickFile.Read(source, _machine, _faults, _warnings) is not { IsWhole: true } file)
        {
            return false;
        }

        var services = WireproxyServices.Of(file.Services, _machine, _faults, _warnings);
        _settings = _settings.Over(file, _faults).With(services) with { File = source, TunnelFile = file.TunnelName };
        return true;
    }

    private EndPoint? ReadStdio() => HostText.TryParseHostAndPort(_settings.Stdio.Value ?? "", 1, out var host, out var port)
        ? NamedEndPoint.Of(host, port)
        : null;

    private ForwarderConfiguration Apply(ForwarderConfiguration configuration)
    {
        foreach (var option in Options.All)
        {
            if (option.Effect is { } effect && _settings[option] is { IsPresent: true } setting)
            {
                configuration = effect(configuration, setting, _faults);
            }
        }

        return configuration.Tunnel.Transport.FirewallMark == 0 || _machine.CanMark() ? configuration : WithoutMark(configuration);
    }

    /// <summary>
    /// The file may be one that root uses too, where the mark keeps the tunnel's own datagrams out of the tunnel; here none can
    /// get into it.
    /// </summary>
    private ForwarderConfiguration WithoutMark(ForwarderConfiguration configuration)
    {
        if (_settings[Options.FirewallMark] is { Source: not SettingSource.File } setting)
        {
            _faults.Value(setting, $"Invalid --fwmark: {OuterRoute.WhatMarkingNeeds}");
        }
        else
        {
            _warnings.Add($"FwMark is ignored: {OuterRoute.WhatMarkingNeeds}.");
        }

        return configuration.WithTunnel(tunnel => tunnel with { Transport = tunnel.Transport with { FirewallMark = 0 } });
    }

    private void CheckListeners(IReadOnlyList<ResolvedForward> forwards, ServiceConfiguration services)
    {
        var listeners = forwards.Where(forward => !forward.IsRemote && forward.Protocol == Protocols.Tcp)
            .Select(forward => (forward.Source, Name: $"the forward to {forward.Destination}"))
            .DistinctBy(listener => listener.Source)
            .Concat(services.Proxies.Select(proxy => (Source: (EndPoint)proxy.EndPoint, Name: $"the {proxy.Name} proxy")));
        if (services.Metrics is { } metrics)
        {
            listeners = listeners.Append((metrics, "the metrics"));
        }

        foreach (var wanted in listeners.GroupBy(listener => listener.Source, listener => listener.Name))
        {
            if (wanted.Key is not IPEndPoint { Port: 0 } && wanted.Count() > 1)
            {
                _faults.Configuration($"TCP {wanted.Key} is wanted by {string.Join(" and ", wanted)}: give each a port of its own");
            }
        }
    }

    private void CheckPeers(PrivateKey? ours, IReadOnlyList<PeerOptions> peers)
    {
        foreach (var key in peers.GroupBy(peer => peer.PublicKey))
        {
            var settings = _settings.Peers.Where(
                peer => PublicKey.TryParse(peer[Options.EndpointPublicKey].Value, out var read) && read == key.Key);
            if (key.Key == ours?.PublicKey)
            {
                _faults.Configuration(
                    settings.First()[Options.EndpointPublicKey].Locate(
                        "Invalid endpoint public key: it is our own, which belongs to our private key"),
                    "Give the endpoint's public key: 'wg show' prints it there.");
            }
            else if (key.Count() > 1)
            {
                var names = string.Join(" and ", settings.Select(peer => peer.Name));
                _faults.Configuration($"Invalid endpoint public key: {names} have the same one");
            }
        }
    }
}
