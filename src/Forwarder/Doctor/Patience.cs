namespace Onetun.Forwarder.Doctor;

/// <summary>How long the steps wait: all of them together less than 30 s.</summary>
internal sealed record Patience
{
    /// <summary>Enough for a second initiation, 5 s after the first (WireGuard §6.4), and its answer.</summary>
    public TimeSpan Handshake { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>A resolver that does not answer is given up after 5 s; time for the second one.</summary>
    public TimeSpan Name { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Four SYNs or pings, a second apart; twice that where the MTU must be searched.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(4);
}
