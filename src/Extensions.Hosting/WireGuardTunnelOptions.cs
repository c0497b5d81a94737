namespace Onetun.Extensions.Hosting;

/// <summary>A tunnel as configuration has it: in text, by the names that wg-quick gives things.</summary>
public sealed class WireGuardTunnelOptions
{
    /// <summary>Our private key, 44 characters of base64; or else <see cref="PrivateKeyFile"/>.</summary>
    public string? PrivateKey { get; set; }

    /// <summary>
    /// The path of a file with our private key, such as a mounted secret; from the host's content root if it is relative, or from the working
    /// directory where there is no <c>IHostEnvironment</c>.
    /// </summary>
    public string? PrivateKeyFile { get; set; }

    /// <summary>Our addresses in the network, at least one, as in <c>10.0.0.2/24</c>.</summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>Resolvers in the network, and domains to search. Default none: names are asked of the system, outside the network.</summary>
    public IList<string> Dns { get; } = [];

    /// <summary>Largest inner packet, bytes: 576 (1280 with an IPv6 address) to 65,475. Default 1420.</summary>
    public int Mtu { get; set; } = 1420;

    /// <summary>The UDP port on which peers reach us, 0 to 65,535. Default 0: any.</summary>
    public int ListenPort { get; set; }

    /// <summary>The peers, at least one.</summary>
    public IList<WireGuardPeerOptions> Peers { get; } = [];

    /// <summary>What was to be a number and is not: each a path in these options and what is wrong.</summary>
    internal List<(string Path, string Fault)> Misread { get; } = [];
}
