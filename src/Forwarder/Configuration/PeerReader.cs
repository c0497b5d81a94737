using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel;
using Onetun.Tunnel.Text;
using Onetun.Tunnel.WgQuick;
using Onetun.WireGuard;

namespace Onetun.Forwarder.Configuration;

/// <summary>Reads the peers, and where our own UDP socket is bound.</summary>
internal sealed class PeerReader(
    Settings settings, NameResolver names, KeyReader keys, FaultList faults, List<string> warnings)
{
    // NATs and firewalls remember a flow of datagrams for at least 30 s (wg(8)): with less between them the peer
    // can reach the ports that --remote opens.
    private const int DefaultToBeReached = 25;

    // A file gives only the port.
    private readonly Setting _bind = settings[Options.EndpointBindAddr];
    private readonly Dictionary<PublicKey, NamedEndPoint> _names = [];

    /// <summary>The endpoints that were written as names.</summary>
    public IReadOnlyDictionary<PublicKey, NamedEndPoint> Names => _names;

    public async Task<(
        IReadOnlyList<PeerOptions> Peers, IPEndPoint? Bind)> ReadAsync(CancellationToken cancellationToken)
    {
        var bind = _bind is { IsPresent: true, Source: not SettingSource.File }
            ? await ReadEndPointAsync("Invalid bind address", _bind, 0, [], cancellationToken).ConfigureAwait(false)
            : null;
        foreach (var peer in settings.Peers)
        {
            if (TryReadHost(peer, out var host, out _))
            {
                names.Begin(host, cancellationToken);
            }
        }

        var peers = new List<(string Name, PeerOptions Peer)>();
        foreach (var peer in settings.Peers)
        {
            if (await ReadAsync(peer, bind, cancellationToken).ConfigureAwait(false) is { } read)
            {
                peers.Add((peer.Name, read));
            }
        }

        return (AllowedIPs.ToTheLast(peers, warnings.Add), bind ?? ReadListenPort());
    }

    private async Task<PeerOptions?> ReadAsync(PeerSettings peer, IPEndPoint? bind, CancellationToken cancellationToken)
    {
        var publicKey = keys.ReadPublicKey(peer);
        var presharedKey = keys.ReadPresharedKey(peer);
        var endPoint = await ReadEndPointAsync(peer, bind, cancellationToken).ConfigureAwait(false);
        var allowed = ReadAllowedIPs(peer);
        var keepAlive = ReadKeepAlive(peer);
        if (publicKey is { } key && TryReadHost(peer, out var host, out var port) && NamedEndPoint.Of(host, port) is NamedEndPoint name)
        {
            _names[key] = name;
        }

        return publicKey is null ? null : new PeerOptions
        {
            PublicKey = publicKey.Value,
            PresharedKey = presharedKey,
            EndPoint = endPoint,
            AllowedIPs = allowed,
            PersistentKeepalive = TimeSpan.FromSeconds(keepAlive),
        };
    }

    private static bool TryReadHost(PeerSettings peer, out string host, out int port)
    {
        (host, port) = ("", 0);
        return peer[Options.EndpointAddr].Value is { } text && HostText.TryParseHostAndPort(text, 1, out host, out port);
    }

    private async Task<IPEndPoint?> ReadEndPointAsync(
        PeerSettings peer, IPEndPoint? bind, CancellationToken cancellationToken)
    {
        if (!peer[Options.EndpointAddr].IsPresent)
        {
            // In a file it may be left out: such a peer speaks first. One that lacks the whole peer is told so once
            if (peer.Name.Length == 0 && (settings.TunnelFile is null || peer[Options.EndpointPublicKey].IsPresent))
            {
                faults.Missing(Options.EndpointAddr, file: null);
            }

            return null;
        }

        const string failure = "Invalid endpoint address";
        // A socket for any IPv6 address takes IPv4 too.
        AddressFamily[] families = bind is null || bind.Address.Equals(IPAddress.IPv6Any) ? [] : [bind.AddressFamily];
        if (TryReadHost(peer, out var host, out _)
            && await names.LookUpAsync(host, families, cancellationToken).ConfigureAwait(false) is { Address: null } found
            && (found.IsUnanswered || settings.Peers.Count > 1))
        {
            // At boot the network may come later than we do, and a peer whose name has no address does not hold up the others.
            var cause = found.IsUnanswered ? $"No resolver of this machine answers for {host}" : $"{host} has no address";
            warnings.Add($"{cause}: its peer cannot be reached until that changes; the name is looked up again and again.");
            return null;
        }

        var endPoint = await ReadEndPointAsync(failure, peer[Options.EndpointAddr], 1, families, cancellationToken)
            .ConfigureAwait(false);
        if (endPoint is not null && AddressFault.OfHost(endPoint.Address) is { } reason)
        {
            faults.Value(peer[Options.EndpointAddr], $"Invalid endpoint address: {endPoint.Address} {reason}");
        }

        if (endPoint is not null && families.Length > 0 && !families.Contains(endPoint.AddressFamily))
        {
            faults.Configuration("Endpoint and bind addresses must be the same IP version");
        }

        return endPoint;
    }

    private async Task<IPEndPoint?> ReadEndPointAsync(
        string failure, Setting setting, int lowestPort, AddressFamily[] families, CancellationToken cancellationToken)
    {
        if (!HostText.TryParseHostAndPort(setting.Value!, lowestPort, out var host, out var port, out var reason))
        {
            faults.Value(setting, $"{failure}: {reason}");
            return null;
        }

        return await names.FindAsync(setting.Locate(failure), host, port, families, faults, cancellationToken).ConfigureAwait(false);
    }

    // A peer that has a name, or comes from a file, may turn out to be of the other IP version, and one socket has to do for
    // both.
    private IPEndPoint? ReadListenPort()
    {
        var port = 0;
        if (_bind is { Source: SettingSource.File, Value: { } text } && !HostText.TryParsePort(text, 0, out port, out var reason))
        {
            faults.Value(_bind, $"Invalid ListenPort: {reason}");
            return null;
        }

        return settings[Options.Config].IsPresent || _names.Count > 0 ? UdpTransportOptions.Anywhere(port) : null;
    }

    private IReadOnlyList<IPNetwork> ReadAllowedIPs(PeerSettings peer)
    {
        var setting = peer[Options.AllowedIPs];
        if (!setting.IsPresent && settings.Peers.Count > 1)
        {
            faults.Configuration($"{peer.Name} has no AllowedIPs, so nothing would be sent to it");
        }

        WgQuickValue[] values = setting.Value is { } text ? [new(text, 0)] : [];
        return AllowedIPs.Read(values, (_, reason) => faults.Value(setting, $"Invalid AllowedIPs of {peer.Name}: {reason}"));
    }

    private int ReadKeepAlive(PeerSettings peer)
    {
        var setting = peer[Options.KeepAlive];
        if (setting.Value is not { } text)
        {
            return settings.RemotePortForwards.Count > 0 ? DefaultToBeReached : 0;
        }

        if (WgQuickValues.TryReadKeepalive(text, out var seconds, out var reason))
        {
            return seconds;
        }

        faults.Value(setting, $"Invalid keep-alive value: {reason}");
        return 0;
    }
}
