using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Makes a device's peers what they are to be, and leaves alone what stays.</summary>
internal static class PeerChanges
{
    /// <summary>From the peers as they were configured to those that are to be.</summary>
    public static void Apply(
        Device device, TimeSpan now, IReadOnlyList<TunnelPeer> before, IReadOnlyList<TunnelPeer> after)
    {
        var known = before.ToDictionary(peer => peer.PublicKey);
        foreach (var gone in before.ExceptBy(after.Select(peer => peer.PublicKey), peer => peer.PublicKey))
        {
            if (device.FindPeer(gone.PublicKey) is { } target)
            {
                device.RemovePeer(target);
            }
        }

        foreach (var peer in after)
        {
            if (known.TryGetValue(peer.PublicKey, out var was))
            {
                Change(device, now, was, peer);
            }
            else
            {
                device.AddPeer(now, ToOptions(peer));
            }
        }
    }

    public static PeerOptions ToOptions(TunnelPeer peer) => new()
    {
        PublicKey = peer.PublicKey,
        PresharedKey = peer.PresharedKey,
        Endpoint = peer.EndPoint is { } endPoint ? Endpoint.From(endPoint) : default,
        AllowedIPs = peer.AllowedIPs,
        PersistentKeepalive = peer.PersistentKeepalive,
    };

    private static void Change(Device device, TimeSpan now, TunnelPeer was, TunnelPeer peer)
    {
        var target = device.FindPeer(peer.PublicKey)!;
        device.SetPresharedKey(target, peer.PresharedKey);
        foreach (var network in was.AllowedIPs.Except(peer.AllowedIPs))
        {
            // .. unless another peer has been given it already
            device.RemoveAllowedIP(target, network);
        }

        foreach (var network in peer.AllowedIPs)
        {
            device.AddAllowedIP(target, network);
        }

        // .. one that has roamed stays where it is, unless its configured address changed
        if (peer.EndPoint is { } endPoint && !endPoint.Equals(was.EndPoint))
        {
            device.SetEndpoint(now, target, Endpoint.From(endPoint));
        }

        if (peer.PersistentKeepalive != was.PersistentKeepalive)
        {
            device.SetPersistentKeepalive(now, target, peer.PersistentKeepalive);
        }
    }
}
