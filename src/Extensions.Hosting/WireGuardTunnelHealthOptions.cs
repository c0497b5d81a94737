namespace Onetun.Extensions.Hosting;

/// <summary>When a tunnel counts as well.</summary>
public sealed class WireGuardTunnelHealthOptions
{
    /// <summary>
    /// How many handshakes in a row a peer may leave unanswered, each after 5 s, before it counts as silent; not negative. Default 1, for datagrams are
    /// lost.
    /// </summary>
    public int MaxUnansweredHandshakes { get; set; } = 1;

    /// <summary>
    /// How old a peer's last handshake may be before it counts as silent. Default null: of any age, for peers that have nothing to say have none. With
    /// a persistent keepalive there is one every two minutes.
    /// </summary>
    public TimeSpan? MaxHandshakeAge { get; set; }
}
