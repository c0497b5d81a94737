namespace Onetun.Tunnel.Forwarding;

/// <summary>What bounds the flows of a UDP forward.</summary>
internal sealed record UdpLimits
{
    /// <summary>
    /// A flow ends after this much silence: 60 s, as in the original; routers in between tend to forget sooner.
    /// </summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Flows of one forward; the next one ends the one that was silent for longest.</summary>
    public int MaximumFlows { get; init; } = 1024;
}
