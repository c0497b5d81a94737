using System.Net;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Diagnostics.Doctor;

/// <summary>AllowedIPs give every destination to a peer: what they give to none is never sent.</summary>
internal static class RouteCheck
{
    /// <summary>The peer with the longest prefix that holds the address.</summary>
    public static TunnelPeer? Find(IEnumerable<TunnelPeer> peers, IPAddress destination) => peers
        .SelectMany(peer => peer.AllowedIPs, (peer, network) => (Peer: peer, Network: network))
        .Where(entry => entry.Network.Contains(destination))
        .OrderByDescending(entry => entry.Network.PrefixLength)
        .FirstOrDefault().Peer;

    public static Finding Of(IEnumerable<TunnelPeer> peers, IPAddress destination) =>
        Find(peers, destination) is { } peer
            ? Finding.Ok($"route: {destination} goes to {peer.EndPoint?.ToString() ?? peer.PublicKey.ToString()}")
            : Finding.Problem(
                $"route: no peer has {destination} in its AllowedIPs, so nothing is sent there",
                "Add it here to the AllowedIPs of the peer behind which it is: "
                + $"{destination}/{destination.GetAddressBytes().Length * 8}");
}
