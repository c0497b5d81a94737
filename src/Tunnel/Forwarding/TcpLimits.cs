namespace Onetun.Tunnel.Forwarding;

/// <summary>What bounds the TCP connections of a forward or a proxy.</summary>
internal sealed record TcpLimits
{
    /// <summary>At once; further ones are reset. Null, the default, is what the IP stack holds: 65,536.</summary>
    public int? MaximumConnections { get; init; }

    /// <summary>A connection is reset after this much silence both ways. Null, the default, is never.</summary>
    public TimeSpan? IdleTimeout { get; init; }
}
