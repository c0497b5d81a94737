namespace Onetun.Capture;

/// <summary>A packet that passes a tunnel, as its taps see it; good during the call.</summary>
public readonly ref struct TappedPacket
{
    /// <summary>Describes an inner packet.</summary>
    /// <param name="timestamp">The <see cref="Timestamp"/>.</param>
    /// <param name="direction">The <see cref="Direction"/>.</param>
    /// <param name="bytes">The <see cref="Bytes"/>.</param>
    public TappedPacket(DateTime timestamp, PacketDirection direction, ReadOnlySpan<byte> bytes)
    {
        Timestamp = timestamp;
        Direction = direction;
        Bytes = bytes;
    }

    /// <summary>When it passed: the wall clock, UTC.</summary>
    public DateTime Timestamp { get; }

    /// <summary>Which way it goes.</summary>
    public PacketDirection Direction { get; }

    /// <summary>
    /// The whole IPv4 or IPv6 packet, without padding. Around a datagram it is made from the addresses that the datagram has: the
    /// real header is the system's, and cannot be seen.
    /// </summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Whether it is a datagram of WireGuard, outside the tunnel.</summary>
    public bool IsOuter { get; init; }

    /// <summary>The inner packet that a datagram carries, decrypted; empty if it carries none, or is none.</summary>
    public ReadOnlySpan<byte> Carried { get; init; }

    /// <summary>What there is to say of it, such as why it was dropped; as a rule null.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether it is wanted. A datagram that carries no packet always is: it tells of the tunnel itself, whatever is looked for in it.</summary>
    internal bool Passes(PacketFilter? filter) =>
        filter is null || (IsOuter && Carried.IsEmpty) || filter.Matches(IsOuter ? Carried : Bytes);
}
