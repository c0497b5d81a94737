namespace Onetun.NetStack;

/// <summary>What one acknowledgment did: <see cref="Acknowledgment"/> is what it said, <see cref="Arrivals"/> how it was taken in.</summary>
internal readonly struct AckProgress
{
    /// <summary>Bytes the cumulative ACK moved.</summary>
    public long Acknowledged { get; init; }

    /// <summary>Bytes newly known to have arrived, by ACK or SACK.</summary>
    public long Delivered { get; init; }

    /// <summary>The longest segment of these.</summary>
    public int Longest { get; init; }

    /// <summary>The congestion window limited sending before this ACK: only then may it grow (RFC 9002 §7.8 says it best).</summary>
    public bool IsCwndLimited { get; init; }

    /// <summary>Bytes in flight before it.</summary>
    public long PriorFlight { get; init; }

    /// <inheritdoc cref="Acknowledgment.HasEcnEcho"/>
    public bool HasEcnEcho { get; init; }

    /// <summary>RFC 5681 §2.</summary>
    public bool IsDuplicate { get; init; }

    /// <summary>Something arrived that was thought lost and was never sent again.</summary>
    public bool HasLateOriginal { get; init; }

    /// <summary>Where what arrived twice begins, if something did (D-SACK, RFC 2883).</summary>
    public long? DuplicateStart { get; init; }

    /// <summary>A tail loss probe was out: what arrived twice may be the probe.</summary>
    public bool MayAnswerProbe { get; init; }

    /// <summary>Round trip of the newest segment it acknowledged; zero if there is none that was sent once.</summary>
    public TimeSpan Rtt { get; init; }

    public bool SackPermitted { get; init; }

    /// <summary>Our timestamp that it echoes, if it does.</summary>
    public uint? TimestampEcho { get; init; }
}
