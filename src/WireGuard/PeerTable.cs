using System.Net;
namespace Onetun.WireGuard;

/// <summary>The peers of a device by their static keys, and no more of them than it may have.</summary>
internal sealed class PeerTable(DeviceState device, int limit)
{
    private readonly Dictionary<PublicKey, Peer> _peers = [];

    public Dictionary<PublicKey, Peer>.ValueCollection All => _peers.Values;

    public Peer? Find(in PublicKey publicKey) => _peers.GetValueOrDefault(publicKey);

    /// <summary>Throws if these can never be the options of a peer of this device.</summary>
    public void Validate(PeerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.PublicKey.OrRefused(nameof(PeerOptions.PublicKey)) == device.Identity.PublicKey)
        {
            throw new ArgumentException($"PublicKey {options.PublicKey} is our own, and no peer's.", nameof(options));
        }
    }

    /// <summary>Throws if it is not one of these peers.</summary>
    public void Require(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Find(peer.PublicKey) != peer)
        {
            throw new ArgumentException("Not a peer of this device.", nameof(peer));
        }
    }

    public Peer Add(TimeSpan now, PeerOptions options)
    {
        Validate(options);
        if (_peers.Count >= limit)
        {
            throw new ArgumentException($"There are {limit} peers already, which is MaxPeers.", nameof(options));
        }

        if (_peers.ContainsKey(options.PublicKey))
        {
            throw new ArgumentException($"PublicKey {options.PublicKey} is that of a peer that is there already.", nameof(options));
        }

        now = device.Advance(now);
        var peer = new Peer(device, options.PublicKey);
        peer.Handshake.SetPresharedKey(options.PresharedKey);
        _peers.Add(options.PublicKey, peer);
        device.Events.Added(peer);
        peer.SetEndPoint(now, options.EndPoint is IPEndPoint endPoint ? UdpEndPoint.From(endPoint) : default);
        foreach (var network in options.AllowedIPs)
        {
            device.AllowedIPs.Add(network, peer);
        }

        peer.SetPersistentKeepalive(now, options.PersistentKeepalive);
        return peer;
    }

    /// <summary>Removes a peer and zeroes its keys. Its allowed IPs then belong to no peer.</summary>
    public void Remove(Peer peer)
    {
        Require(peer);
        _peers.Remove(peer.PublicKey);
        device.AllowedIPs.RemoveAll(peer);
        peer.Remove();
    }

    /// <summary>Removes all peers and zeroes their keys.</summary>
    public void Clear()
    {
        foreach (var peer in _peers.Values)
        {
            peer.Remove();
        }

        _peers.Clear();
    }
}
