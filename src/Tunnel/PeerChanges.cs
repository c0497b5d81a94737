using System.Net;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Makes a device's peers what they are to be, and leaves alone what stays.</summary>
internal static class PeerChanges
{
    /// <summary>From the peers that the device has to those that are to be.</summary>
    /// <param name="device">Whose peers.</param>
    /// <param name="now">The time.</param>
    /// <param name="before">As they were configured, which tells whose endpoint was changed.</param>
    /// <param name="after">As they are to be.</param>
    public static void Apply(
        Device device, TimeSpan now, IReadOnlyList<PeerOptions> before, IReadOnlyList<PeerOptions> after)
    {
        foreach (var peer in after)
        {
            device.Validate(peer); // Before anything changes
        }

        var endPoints = before.ToDictionary(peer => peer.PublicKey, peer => peer.KnownEndPoint());
        foreach (var gone in device.Peers.ExceptBy(after.Select(peer => peer.PublicKey), peer => peer.PublicKey).ToList())
        {
            device.RemovePeer(gone);
        }

        foreach (var peer in after)
        {
            if (device.FindPeer(peer.PublicKey) is { } target)
            {
                Change(device, now, target, endPoints.GetValueOrDefault(peer.PublicKey), peer);
            }
            else
            {
                device.AddPeer(now, peer);
            }
        }
    }

    private static void Change(Device device, TimeSpan now, Peer target, IPEndPoint? was, PeerOptions peer)
    {
        device.SetPresharedKey(target, peer.PresharedKey);
        foreach (var network in target.AllowedIPs.Except(peer.AllowedIPs).ToList())
        {
            device.RemoveAllowedIP(target, network);
        }

        foreach (var network in peer.AllowedIPs)
        {
            device.AddAllowedIP(target, network);
        }

        // One that has roamed stays where it is, unless its configured address changed
        if (peer.KnownEndPoint() is { } endPoint && !endPoint.Equals(was))
        {
            device.SetEndPoint(now, target, UdpEndPoint.From(endPoint));
        }

        if (peer.PersistentKeepalive != target.GetStatistics(now).PersistentKeepalive)
        {
            device.SetPersistentKeepalive(now, target, peer.PersistentKeepalive);
        }
    }
}
