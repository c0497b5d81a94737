using System.Net;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

internal sealed partial class TunnelDriver
{
    /// <summary>What <c>wg show</c> tells, and what was found out about the paths.</summary>
    public IReadOnlyList<PeerStatistics> ReadPeers() => WithDevice((_, now) => ReadPeers(now));

    /// <summary>The endpoints of all peers that have one.</summary>
    public IReadOnlyList<IPEndPoint> ReadEndPoints() => WithDevice((device, _) =>
        (IReadOnlyList<IPEndPoint>)[.. from peer in device.Peers where !peer.EndPoint.IsNone select peer.EndPoint.ToIPEndPoint()]);

    /// <inheritdoc cref="WireGuardTunnel.SetEndPoint"/>
    public bool SetEndPoint(PublicKey peer, IPEndPoint endPoint) => WithDevice((device, now) =>
    {
        if (device.FindPeer(peer) is not { } target)
        {
            return false;
        }

        device.SetEndPoint(now, target, UdpEndPoint.From(endPoint));
        return true;
    });

    /// <inheritdoc cref="WireGuardTunnel.SendKeepalive"/>
    public bool SendKeepalive(PublicKey peer) => WithDevice((device, now) =>
    {
        if (device.FindPeer(peer) is not { } target)
        {
            return false;
        }

        device.SendKeepalive(now, target);
        return true;
    });

    /// <summary>Changes the peers, and ends the TCP connections with addresses that were one's and are now another's, or nobody's.</summary>
    public void ChangePeers(Action<Device, TimeSpan> change) => WithDevice((device, now) =>
    {
        var ours = Stack.Options.Addresses.Select(one => one.Address).ToHashSet();
        var before = Stack.GetRemoteAddresses().ToDictionary(remote => remote, OwnerOf);
        change(device, now);
        Stack.Sever(remote => OwnerOf(remote) != before[remote]);

        PublicKey? OwnerOf(IPAddress remote) => ours.Contains(remote) ? device.PublicKey : device.FindRoute(remote)?.PublicKey;
    });

    private IReadOnlyList<PeerStatistics> ReadPeers(TimeSpan now) =>
        [.. _device.Peers.Select(peer => peer.GetStatistics(now) with { PathMtu = _paths.Of(peer).Mtu })];
}
