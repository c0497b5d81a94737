namespace Onetun.Tunnel;

/// <summary>The receiving side, written by the receiving thread.</summary>
internal record struct UdpReceiveCounters
{
    public long Datagrams;
    public long Bytes;
    public long SystemCalls;

    /// <summary>Messages that were more than one datagram.</summary>
    public long Trains;

    /// <summary>Dropped: larger than the room for one.</summary>
    public long Truncated;

    /// <summary>Dropped: a train of more datagrams than the batch holds.</summary>
    public long Overflowed;

    /// <summary>Errors raised by ICMP messages about earlier sends; nothing was lost here.</summary>
    public long IcmpErrors;

    /// <summary>Errors of any other kind.</summary>
    public long OtherErrors;

    public static UdpReceiveCounters operator +(in UdpReceiveCounters one, in UdpReceiveCounters other) => new()
    {
        Datagrams = one.Datagrams + other.Datagrams,
        Bytes = one.Bytes + other.Bytes,
        SystemCalls = one.SystemCalls + other.SystemCalls,
        Trains = one.Trains + other.Trains,
        Truncated = one.Truncated + other.Truncated,
        Overflowed = one.Overflowed + other.Overflowed,
        IcmpErrors = one.IcmpErrors + other.IcmpErrors,
        OtherErrors = one.OtherErrors + other.OtherErrors,
    };
}
