namespace Onetun.Extensions.Hosting;

/// <summary>A peer as configuration has it.</summary>
public sealed class WireGuardPeerOptions
{
    /// <summary>Its public key, 44 characters of base64.</summary>
    public string? PublicKey { get; set; }

    /// <summary>The key that we share with it, 44 characters of base64. Default null: none.</summary>
    public string? PresharedKey { get; set; }

    /// <summary>Where it is, <c>host:port</c>, the host a name or an address. Default null, for a peer that will speak first.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The prefixes routed to it and accepted from it. Default none, which for an only peer stands for everything.</summary>
    public IList<string> AllowedIPs { get; } = [];

    /// <summary>After how many seconds of silence it is sent a keepalive, 0 to 65,535. Default 0: never.</summary>
    public int PersistentKeepalive { get; set; }
}
