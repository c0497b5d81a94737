namespace Onetun.Tunnel.WgQuick;

/// <summary>The keys of wg-quick(8) and wg(8) that say what a tunnel is, in any case.</summary>
internal static class WgQuickKeys
{
    public const string PrivateKey = "PrivateKey";
    public const string Address = "Address";
    public const string ListenPort = "ListenPort";
    public const string FwMark = "FwMark";
    public const string Dns = "DNS";
    public const string Mtu = "MTU";

    public const string PublicKey = "PublicKey";
    public const string PresharedKey = "PresharedKey";
    public const string Endpoint = "Endpoint";
    public const string AllowedIPs = "AllowedIPs";
    public const string PersistentKeepalive = "PersistentKeepalive";

    public static readonly IReadOnlySet<string> OfInterface = Set(PrivateKey, Address, ListenPort, FwMark, Dns, Mtu);

    public static readonly IReadOnlySet<string> OfPeer = Set(PublicKey, PresharedKey, Endpoint, AllowedIPs, PersistentKeepalive);

    /// <summary>Those that may be written on several lines, which is as good as commas.</summary>
    public static readonly IReadOnlySet<string> Lists = Set(Address, Dns, AllowedIPs);

    private static HashSet<string> Set(params string[] keys) => new(keys, StringComparer.OrdinalIgnoreCase);
}
