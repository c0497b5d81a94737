namespace Onetun.NetStack;

/// <summary>The limits of a <see cref="Reassembler"/>.</summary>
internal sealed record ReassemblerOptions
{
    /// <summary>The reassembly timeout of IPv4 datagrams; default 30 s, as in Linux.</summary>
    public TimeSpan Ipv4Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same for IPv6; default 60 s, RFC 8200 §4.5.</summary>
    public TimeSpan Ipv6Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// The most incomplete datagrams; default 64. For one more the oldest is evicted, or the source's own oldest if it has a
    /// quarter of them.
    /// </summary>
    public int MaxDatagrams { get; init; } = 64;

    /// <summary>The most memory of all buffers, in bytes; default 4 MiB. For more the oldest datagrams are evicted.</summary>
    public int MaxBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most fragments of a datagram; default 64. The longest datagram has 54 at the minimum MTU of IPv6.</summary>
    public int MaxFragments { get; init; } = 64;

    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public void ThrowIfInvalid()
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ipv4Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Ipv6Timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDatagrams, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFragments, 2);
    }
}
