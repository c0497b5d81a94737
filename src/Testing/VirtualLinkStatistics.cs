namespace Onetun.Testing;

/// <summary>
/// What has become of the packets that were sent into a link, or into all links of a network. <see cref="Sent"/> and
/// <see cref="Duplicated"/> together are the sum of all others but <see cref="SentBytes"/>.
/// </summary>
public readonly record struct VirtualLinkStatistics
{
    /// <summary>Packets that the sender has sent.</summary>
    public long Sent { get; init; }

    /// <summary>The bytes of these, IP headers included.</summary>
    public long SentBytes { get; init; }

    /// <summary>Packets that arrived a second time as well (<see cref="VirtualLinkOptions.Duplication"/>).</summary>
    public long Duplicated { get; init; }

    /// <summary>Packets that the receiver got.</summary>
    public long Delivered { get; init; }

    /// <summary>Packets that are under way.</summary>
    public long UnderWay { get; init; }

    /// <summary>Packets lost by chance (<see cref="VirtualLinkOptions.Loss"/>).</summary>
    public long Lost { get; init; }

    /// <summary>
    /// Packets dropped since too much waited already (<see cref="VirtualLinkOptions.QueueLimit"/>), or 65,536 were under way.
    /// </summary>
    public long Overflowed { get; init; }

    /// <summary>Packets dropped since their link was cut when they were sent, or would have arrived.</summary>
    public long Cut { get; init; }

    /// <summary>Packets that arrived at a host which had been disposed.</summary>
    public long Unreceived { get; init; }

    /// <summary>The counts of two together.</summary>
    public static VirtualLinkStatistics operator +(VirtualLinkStatistics one, VirtualLinkStatistics other) => Add(one, other);

    /// <summary>The counts of two together.</summary>
    public static VirtualLinkStatistics Add(VirtualLinkStatistics one, VirtualLinkStatistics other) => new()
    {
        Sent = one.Sent + other.Sent,
        SentBytes = one.SentBytes + other.SentBytes,
        Duplicated = one.Duplicated + other.Duplicated,
        Delivered = one.Delivered + other.Delivered,
        UnderWay = one.UnderWay + other.UnderWay,
        Lost = one.Lost + other.Lost,
        Overflowed = one.Overflowed + other.Overflowed,
        Cut = one.Cut + other.Cut,
        Unreceived = one.Unreceived + other.Unreceived,
    };
}
