namespace Onetun.Forwarder.Control;

/// <summary>What a running process reports of itself, to whoever may open its socket. Nothing in it is secret.</summary>
/// <param name="Pid">The process.</param>
/// <param name="Version">Of onetun.</param>
/// <param name="At">When it was told, UTC.</param>
/// <param name="UptimeSeconds">How long it has run by then, on a clock that does not jump.</param>
/// <param name="PublicKey">Our own.</param>
/// <param name="Addresses">Ours inside the tunnel.</param>
/// <param name="ListenPort">The UDP port that WireGuard has.</param>
/// <param name="Peers">As <c>wg show</c> shows them.</param>
/// <param name="Forwards">Forwards and proxies, in the order of the configuration.</param>
internal sealed record ProcessStatus(
    int Pid,
    string Version,
    DateTime At,
    double UptimeSeconds,
    string PublicKey,
    IReadOnlyList<string> Addresses,
    int ListenPort,
    IReadOnlyList<PeerStatus> Peers,
    IReadOnlyList<ForwardStatus> Forwards)
{
    /// <summary>The name of the file that configures it; null where the command line alone does.</summary>
    public string? Configuration { get; init; }

    /// <summary>Whether a connection has a chance, as /readyz of --metrics tells it.</summary>
    public bool Ready { get; init; }

    /// <summary>The library that encrypts packets.</summary>
    public string? Encryption { get; init; }

    /// <summary>The mean of the smoothed round-trip times of all TCP connections inside the tunnel, if one has measured it.</summary>
    public double? RoundTripSeconds { get; init; }

    /// <summary>What was dropped; reasons for which nothing was are left out.</summary>
    public IReadOnlyList<DropStatus> Drops { get; init; } = [];
}

/// <summary>What was dropped somewhere for one reason.</summary>
/// <param name="Layer">socket, wireguard, ip, tcp or udp.</param>
/// <param name="Direction">inbound or outbound.</param>
/// <param name="Reason">Why, in snake case.</param>
/// <param name="Count">Datagrams or packets.</param>
internal sealed record DropStatus(string Layer, string Direction, string Reason, long Count);

/// <summary>A peer. The rates are added by whoever has looked twice.</summary>
internal sealed record PeerStatus(
    string PublicKey,
    string? Endpoint,
    DateTime? LastHandshake,
    bool HasSession,
    int UnansweredHandshakes,
    int PersistentKeepalive,
    long ReceivedBytes,
    long SentBytes)
{
    /// <summary>The name that its endpoint was given by, if it was.</summary>
    public string? EndpointName { get; init; }

    /// <summary>From our newest initiation that was answered to its response, if one was.</summary>
    public double? HandshakeRoundTripSeconds { get; init; }

    /// <summary>The longest packet that its path carries, where that is less than the MTU.</summary>
    public int? PathMtu { get; init; }

    public double? ReceivedBytesPerSecond { get; init; }

    public double? SentBytesPerSecond { get; init; }
}

/// <summary>A forward or a proxy, which has no remote. The rates are added by whoever has looked twice.</summary>
internal sealed record ForwardStatus(
    string Protocol,
    string Local,
    string? Remote,
    long Open,
    long Total,
    long Failed,
    long BytesUp,
    long BytesDown)
{
    public double? BytesUpPerSecond { get; init; }

    public double? BytesDownPerSecond { get; init; }
}
