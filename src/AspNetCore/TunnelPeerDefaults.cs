namespace Onetun.AspNetCore;

/// <summary>What authentication by the peer of a connection is called.</summary>
public static class TunnelPeerDefaults
{
    /// <summary>The scheme: <c>TunnelPeer</c>.</summary>
    public const string AuthenticationScheme = "TunnelPeer";
}
