namespace Onetun.NetStack;

/// <summary>
/// What one ACK did: <see cref="Acknowledgment"/> is what it said, and <see cref="Deliveries"/> gathers its effects.
/// </summary>
internal readonly struct AckProgress
{
    /// <summary>Bytes by which SND.UNA advanced.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Bytes newly delivered, by cumulative ACK or SACK.</summary>
    public long Delivered { get; init; }

    /// <inheritdoc cref="Deliveries.Longest"/>
    public int Longest { get; init; }

    /// <summary>
    /// The congestion window limited sending before this ACK: only then may it grow (RFC 9002 §7.8 says it best).
    /// </summary>
    public bool IsCwndLimited { get; init; }

    /// <summary>Bytes in flight before it.</summary>
    public long PriorFlight { get; init; }

    /// <inheritdoc cref="Acknowledgment.HasEcnEcho"/>
    public bool HasEcnEcho { get; init; }

    /// <summary>It is a duplicate ACK (RFC 5681 §2).</summary>
    public bool IsDuplicate { get; init; }

    /// <inheritdoc cref="Deliveries.HasLateOriginal"/>
    public bool HasLateOriginal { get; init; }

    /// <inheritdoc cref="Deliveries.DuplicateStart"/>
    public long? DuplicateStart { get; init; }

    /// <summary>A tail loss probe was outstanding: a duplicate may be the probe.</summary>
    public bool MayAnswerProbe { get; init; }

    /// <summary>The round-trip time of the newest segment it delivered; zero without a sample.</summary>
    public TimeSpan Rtt { get; init; }

    public bool SackPermitted { get; init; }

    /// <summary>TSecr, the timestamp of ours that it echoes, if it has one.</summary>
    public uint? TimestampEcho { get; init; }
}
