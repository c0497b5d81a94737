using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;
using Onetun.NetStack;
using Onetun.Tunnel;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Makes a configuration of what was written, or lists all that is wrong with it.</summary>
internal sealed class ConfigurationReader
{
    private const int DefaultMtu = 1420;
    private const int MaximumMtu = 65475;

    /// <summary>The stack's own.</summary>
    public static readonly CongestionControl DefaultCongestionControl =
        new IpStackOptions { Addresses = [], Secret = default }.CongestionControl;

    public const AeadLibrary DefaultAeadLibrary = AeadLibrary.OpenSsl;

    private readonly FaultList _faults = new();
    private readonly NumberReader _numbers;
    private readonly List<string> _warnings;
    private readonly Machine _machine;
    private readonly NameResolver _names;
    private Settings _settings;

    private ConfigurationReader(Settings settings, Machine machine)
    {
        _machine = machine;
        _numbers = new NumberReader(_faults);
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
        // .. without its file all that stands in it would be reported missing
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
        var peerReader = new PeerReader(_settings, _names, keys, _numbers, _faults, _warnings);
        var (peers, bindEndPoint) = await peerReader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var services = await new ServiceReader(_settings, _names, _faults, _warnings).ReadAsync(cancellationToken)
            .ConfigureAwait(false);
        var mtu = ReadMtu(addresses);
        var congestionControl =
            ChoiceReader.Read(_settings.CongestionControl, DefaultCongestionControl, "--cc", _faults);
        var aead = ChoiceReader.Read(_settings.Aead, DefaultAeadLibrary, "--aead", _faults);
        var limits = new LimitReader(_settings, _numbers);
        var (tcp, udp, shutdown) = (limits.ReadTcp(), limits.ReadUdp(), limits.ReadShutdown());
        var logFormat = ChoiceReader.Read(_settings.LogFormat, LogFormat.Pretty, "--log-format", _faults);
        var log = ReadLog();
        CheckPcap();
        CheckPeers(privateKey, peers);
        if (_faults.Faults.Count > 0)
        {
            privateKey?.Dispose();
            foreach (var peer in peers)
            {
                peer.PresharedKey?.Dispose();
            }

            return null;
        }

        var configuration = new ForwarderConfiguration
        {
            Tunnel = new TunnelOptions
            {
                PrivateKey = privateKey!,
                Addresses = ours,
                Peers = peers,
                BindEndPoint = bindEndPoint,
                Mtu = mtu,
                CongestionControl = congestionControl,
                AeadLibrary = aead,
            },
            EndpointNames = peerReader.Names,
            Forwards = forwards,
            Dns = dns,
            SearchDomains = searchDomains,
            Services = services,
            Tcp = tcp,
            Udp = udp,
            Shutdown = shutdown,
            Log = log!,
            LogFormat = logFormat,
            Pcap = _settings.Pcap.Value,
        };
        _warnings.AddRange(dns.Where(server => configuration.PeerOf(server) is null).Select(server =>
            $"The resolver {server} is in no peer's AllowedIPs: it will not be reached."));
        _warnings.AddRange(forwards.Where(forward => Lacks(configuration, forward)).Select(forward =>
            $"{forward.Destination} is in no peer's AllowedIPs: nothing will be sent there."));
        if (configuration.IsReached && peers.Any(peer => peer is { EndPoint: not null, PersistentKeepalive: 0 }))
        {
            _warnings.Add("Without keepalives a firewall or NAT in front of this machine soon forgets the way back, and no peer "
                + "reaches what --remote opens: leave out --keep-alive 0, or PersistentKeepalive = off");
        }

        if (dns.Count == 0 && (services.Proxy ?? services.Socks5 ?? services.HttpProxy) is not null)
        {
            _warnings.Add("The names that clients of a proxy ask for are looked up by this machine's resolver, outside the tunnel. "
                + "Name one inside it with --dns, or DNS in the file.");
        }

        return configuration with { Warnings = [.. _warnings.Select(SafeText.Of)] };
    }

    private static bool Lacks(ForwarderConfiguration configuration, ResolvedForward forward) => !forward.IsRemote
        && forward.Destination is IPEndPoint { Address: var address } && configuration.PeerOf(address) is null;

    private bool TryReadFile()
    {
        if (_settings.Config.Value is not { } path)
        {
            return true;
        }

        if (!_machine.TryReadFile(path, out var text, out var reason))
        {
            _faults.Configuration($"Failed to read configuration file: {reason}");
            return false;
        }

        var file = WgQuickFile.Parse(Path.GetFileName(path), text, _faults, _warnings);
        _settings = _settings.Over(file, _faults);
        return true;
    }

    private int ReadMtu(IReadOnlyList<IPAddress> addresses)
    {
        // RFC 8200 §5 asks of a link that carries IPv6 at least 1280; RFC 791 of any host 576.
        var minimum = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6) ? 1280 : 576;
        const string failure = "Invalid max-transmission-unit value: Invalid MTU:";
        return _numbers.Read(_settings.MaxTransmissionUnit, DefaultMtu, minimum, MaximumMtu, failure);
    }

    private LogFilter? ReadLog()
    {
        if (_settings.Log.Value is not { } text)
        {
            return LogFilter.Info;
        }

        if (!LogFilter.TryParse(text, out var filter, out var fault))
        {
            _faults.Value(_settings.Log, $"Invalid log filter: {fault}");
        }

        return filter;
    }

    private void CheckPcap()
    {
        if (_settings.Pcap.Value?.Length == 0)
        {
            _faults.Value(_settings.Pcap, "Invalid --pcap: it names no file");
        }
    }

    private void CheckPeers(PrivateKey? ours, IReadOnlyList<TunnelPeer> peers)
    {
        foreach (var key in peers.GroupBy(peer => peer.PublicKey))
        {
            if (key.Key == ours?.PublicKey)
            {
                _faults.Configuration(
                    "Invalid endpoint public key: it is our own, of our private key",
                    "Give the endpoint's public key: 'wg show' says it there.");
            }
            else if (key.Count() > 1)
            {
                _faults.Configuration($"Invalid endpoint public key: one is that of {key.Count()} peers");
            }
        }
    }
}
