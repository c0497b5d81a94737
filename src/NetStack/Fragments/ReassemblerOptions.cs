namespace Onetun.NetStack;

/// <summary>The bounds of a <see cref="Reassembler"/>.</summary>
internal sealed record ReassemblerOptions
{
    /// <summary>How long an IPv4 datagram may stay incomplete; default 30 s, as in Linux.</summary>
    public TimeSpan Ipv4Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same for IPv6; default 60 s, RFC 8200 §4.5.</summary>
    public TimeSpan Ipv6Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Incomplete datagrams at once; default 64. For one more the oldest is given up: the source's own, once it has a quarter
    /// of them.
    /// </summary>
    public int MaxDatagrams { get; init; } = 64;

    /// <summary>Buffers of all of them together, bytes; default 4 MiB. For more the oldest are given up.</summary>
    public int MaxBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Fragments of one datagram; default 64: the longest one, cut for the IPv6 minimum MTU, has 54.</summary>
    public int MaxFragments { get; init; } = 64;

    /// <exception cref="ArgumentOutOfRangeException">A bound that nothing could keep.</exception>
    public void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ipv4Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ipv6Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDatagrams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFragments, 2);
    }
}
