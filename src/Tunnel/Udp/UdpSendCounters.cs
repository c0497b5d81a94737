namespace Onetun.Tunnel;

/// <summary>The sending side, written by whoever sends. Drops are counted in datagrams.</summary>
internal record struct UdpSendCounters
{
    public long Datagrams;
    public long Bytes;
    public long SystemCalls;

    /// <summary>Messages that were more than one datagram.</summary>
    public long Trains;

    /// <summary>Trains that the system refused and whose datagrams were then sent one by one.</summary>
    public long RefusedTrains;

    /// <summary>Dropped: the socket buffer or the interface's queue stayed full.</summary>
    public long Congested;

    /// <summary>Dropped: no route, no such address family, interface down.</summary>
    public long Unreachable;

    /// <summary>Dropped: larger than the path or UDP allows.</summary>
    public long TooLarge;

    /// <summary>Dropped: a local firewall or policy said no.</summary>
    public long Forbidden;

    /// <summary>Dropped for any other reason.</summary>
    public long OtherErrors;

    public static UdpSendCounters operator +(in UdpSendCounters one, in UdpSendCounters other) => new()
    {
        Datagrams = one.Datagrams + other.Datagrams,
        Bytes = one.Bytes + other.Bytes,
        SystemCalls = one.SystemCalls + other.SystemCalls,
        Trains = one.Trains + other.Trains,
        RefusedTrains = one.RefusedTrains + other.RefusedTrains,
        Congested = one.Congested + other.Congested,
        Unreachable = one.Unreachable + other.Unreachable,
        TooLarge = one.TooLarge + other.TooLarge,
        Forbidden = one.Forbidden + other.Forbidden,
        OtherErrors = one.OtherErrors + other.OtherErrors,
    };

    public void Fail(UdpSendFailure failure, int datagrams)
    {
        switch (failure)
        {
            case UdpSendFailure.Congested:
                Congested += datagrams;
                break;
            case UdpSendFailure.Unreachable:
                Unreachable += datagrams;
                break;
            case UdpSendFailure.TooLarge:
                TooLarge += datagrams;
                break;
            case UdpSendFailure.Forbidden:
                Forbidden += datagrams;
                break;
            default:
                OtherErrors += datagrams;
                break;
        }
    }
}
