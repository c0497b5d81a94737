namespace Onetun.NetStack;

/// <summary>What one acknowledgment did.</summary>
internal struct AckProgress
{
    /// <summary>Bytes the cumulative ACK moved.</summary>
    public long Acknowledged;

    /// <summary>Bytes newly known to have arrived, by ACK or SACK.</summary>
    public long Delivered;

    /// <summary>The longest segment of these.</summary>
    public int Longest;

    /// <summary>The window limited sending before this ACK: only then may it grow (RFC 9002 §7.8 says it best).</summary>
    public bool WindowInUse;

    /// <summary>What a window that is in use may grow for.</summary>
    public long Growth;

    /// <summary>Bytes in the network before it.</summary>
    public long FlightBefore;

    /// <summary>Bytes in the network after it.</summary>
    public long Flight;

    /// <summary>The peer says that something of ours was marked, and has not heard yet that the window shrank (ECE, RFC 3168 §6.1.2).</summary>
    public bool TellsOfMark;

    /// <summary>RFC 5681 §2.</summary>
    public bool IsDuplicate;

    /// <summary>Something arrived that was thought lost and was never sent again.</summary>
    public bool HasLateOriginal;

    public bool HasDuplicateSack;

    /// <summary>A tail loss probe was out: what arrived twice may be the probe.</summary>
    public bool MayAnswerProbe;

    /// <summary>Where what arrived twice begins.</summary>
    public long DuplicateStart;

    /// <summary>Round trip of the newest segment it acknowledged; zero if there is none that was sent once.</summary>
    public TimeSpan Rtt;

    public bool SackPermitted;
    public bool HasTimestamp;
    public uint TimestampEcho;

    /// <summary>What it says of the network's speed.</summary>
    public RateSample Rate;
}
