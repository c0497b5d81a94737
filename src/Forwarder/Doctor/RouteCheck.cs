using System.Net;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Doctor;

/// <summary>AllowedIPs give every destination to a peer: what they give to none is never sent.</summary>
internal static class RouteCheck
{
    public static Finding Of(ForwarderConfiguration configuration, IPAddress destination) =>
        configuration.PeerOf(destination) is { } peer
            ? Finding.Ok($"route: {destination} goes to {peer.EndPoint?.ToString() ?? peer.PublicKey.ToString()}")
            : Finding.Problem(
                $"route: no peer has {destination} in its AllowedIPs, so nothing is sent there",
                "Add it here to the AllowedIPs of the peer that leads to it: "
                + $"{destination}/{destination.GetAddressBytes().Length * 8}");
}
