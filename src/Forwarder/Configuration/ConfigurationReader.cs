using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Configuration;

/// <summary>Makes a configuration of what was written, or lists all that is wrong with it.</summary>
internal sealed class ConfigurationReader
{
    private const int DefaultMtu = 1420;
    private const int MaximumMtu = 65475;
    private const int MaximumUdpTimeout = 86_400;

    private readonly Settings _settings;
    private readonly FaultList _faults = new();
    private readonly List<string> _warnings = [];
    private readonly NameResolver _names;
    private readonly KeyReader _keys;

    private ConfigurationReader(Settings settings, Machine machine)
    {
        _settings = settings;
        _names = new NameResolver(machine);
        _keys = new KeyReader(settings, machine, _faults, _warnings);
    }

    /// <summary>The configuration, which is null if there is any fault.</summary>
    public static async Task<(ForwarderConfiguration? Configuration, IReadOnlyList<Fault> Faults)> ReadAsync(
        Settings settings, Machine machine, CancellationToken cancellationToken = default)
    {
        var reader = new ConfigurationReader(settings, machine);
        var configuration = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return (configuration, reader._faults.Faults);
    }

    private async Task<ForwarderConfiguration?> ReadAsync(CancellationToken cancellationToken)
    {
        var addresses = ReadSourcePeers();
        var forwards = await new ForwardReader(_settings, _names, _faults).ReadAsync(addresses, cancellationToken).ConfigureAwait(false);
        var privateKey = _keys.ReadPrivateKey();
        var publicKey = _keys.ReadEndpointPublicKey();
        var presharedKey = _keys.ReadPresharedKey();
        var (endPoint, bindEndPoint) = await ReadEndPointsAsync(cancellationToken).ConfigureAwait(false);
        var keepAlive = ReadKeepAlive();
        var mtu = ReadMtu(addresses);
        var udpTimeout = ReadUdpTimeout();
        var log = ReadLog();
        if (_faults.Faults.Count > 0)
        {
            privateKey?.Dispose();
            presharedKey?.Dispose();
            return null;
        }

        var peer = new TunnelPeer
        {
            PublicKey = publicKey!.Value,
            PresharedKey = presharedKey,
            EndPoint = endPoint,
            PersistentKeepalive = keepAlive,
        };
        return new ForwarderConfiguration
        {
            Tunnel = new TunnelOptions
            {
                PrivateKey = privateKey!,
                Addresses = addresses,
                Peers = [peer],
                BindEndPoint = bindEndPoint,
                Mtu = mtu,
            },
            Forwards = forwards,
            Udp = new UdpLimits { IdleTimeout = udpTimeout },
            Log = log!,
            Pcap = _settings.Pcap.Value,
            Warnings = _warnings,
        };
    }

    // One address, as in the original; several, one a family, with commas.
    private List<IPAddress> ReadSourcePeers()
    {
        var addresses = new List<IPAddress>();
        if (!_faults.Require(_settings.SourcePeerIp, "--source-peer-ip (or ONETUN_SOURCE_PEER_IP)", out var text))
        {
            return addresses;
        }

        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (HostText.TryParseAddress(item, out var address))
            {
                addresses.Add(address);
            }
            else
            {
                _faults.Configuration($"Invalid source peer IP: '{item}' is not an IP address{(item.Contains('/') ? " (without a prefix length)" : "")}");
            }
        }

        return addresses;
    }

    private async Task<(IPEndPoint? Endpoint, IPEndPoint? Bind)> ReadEndPointsAsync(CancellationToken cancellationToken)
    {
        var bind = _settings.EndpointBindAddr.Value is { } bindText
            ? await ReadEndPointAsync("Invalid bind address", bindText, 0, [], cancellationToken).ConfigureAwait(false)
            : null;
        if (!_faults.Require(_settings.EndpointAddr, "--endpoint-addr (or ONETUN_ENDPOINT_ADDR)", out var text))
        {
            return (null, bind);
        }

        AddressFamily[] families = bind is null ? [] : [bind.AddressFamily];
        var endPoint = await ReadEndPointAsync("Invalid endpoint address", text, 1, families, cancellationToken).ConfigureAwait(false);
        if (endPoint is not null && bind is not null && endPoint.AddressFamily != bind.AddressFamily)
        {
            _faults.Configuration("Endpoint and bind addresses must be the same IP version");
        }

        return (endPoint, bind);
    }

    private async Task<IPEndPoint?> ReadEndPointAsync(
        string failure, string text, int lowestPort, AddressFamily[] families, CancellationToken cancellationToken)
    {
        if (!HostText.TryParseHostAndPort(text, lowestPort, out var host, out var port))
        {
            _faults.Configuration($"{failure}: '{text}' is not host:port, as in 140.30.3.182:51820 or [2001:db8::1]:51820");
            return null;
        }

        var address = await _names.FindAsync(host, families, cancellationToken).ConfigureAwait(false);
        if (address is null)
        {
            _faults.Configuration($"{failure}: Could not lookup address {host}");
            return null;
        }

        return new IPEndPoint(address, port);
    }

    private int ReadKeepAlive()
    {
        if (_settings.KeepAlive.Value is not { } text)
        {
            return 0;
        }

        if (!TryParseNumber(text, out var seconds) || seconds > ushort.MaxValue)
        {
            _faults.Configuration($"Invalid keep-alive value: Keep-alive must be a number between 0 and {ushort.MaxValue} seconds");
        }

        return seconds;
    }

    private int ReadMtu(List<IPAddress> addresses)
    {
        if (_settings.MaxTransmissionUnit.Value is not { } text)
        {
            return DefaultMtu;
        }

        // RFC 8200 §5 asks of a link that carries IPv6 at least 1280; RFC 791 of any host 576.
        var minimum = addresses.Any(address => address.AddressFamily == AddressFamily.InterNetworkV6) ? 1280 : 576;
        if (!TryParseNumber(text, out var mtu) || mtu < minimum || mtu > MaximumMtu)
        {
            _faults.Configuration($"Invalid max-transmission-unit value: Invalid MTU: must be a number between {minimum} and {MaximumMtu}");
        }

        return mtu;
    }

    private TimeSpan ReadUdpTimeout()
    {
        if (_settings.UdpTimeout.Value is not { } text)
        {
            return new UdpLimits().IdleTimeout;
        }

        if (!TryParseNumber(text, out var seconds) || seconds is 0 or > MaximumUdpTimeout)
        {
            _faults.Configuration($"Invalid UDP timeout: must be a number between 1 and {MaximumUdpTimeout} seconds");
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private LogFilter? ReadLog()
    {
        if (_settings.Log.Value is not { } text)
        {
            return LogFilter.Info;
        }

        if (!LogFilter.TryParse(text, out var filter, out var fault))
        {
            _faults.Configuration($"Invalid log filter: {fault}");
        }

        return filter;
    }

    private static bool TryParseNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
