namespace Onetun.Tunnel;

/// <summary>What a transport did so far. Read while it works, numbers may be a few datagrams apart.</summary>
internal readonly record struct UdpStatistics
{
    public UdpReceiveCounters Received { get; init; }

    public UdpSendCounters Sent { get; init; }

    /// <summary>The socket's receive buffer in bytes as the system reports it (Linux: twice what was granted).</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>The socket's send buffer in bytes as the system reports it (Linux: twice what was granted).</summary>
    public int SendBuffer { get; init; }

    /// <summary>Whether trains are received whole (UDP_GRO).</summary>
    public bool ReceiveOffload { get; init; }

    /// <summary>Whether trains are sent whole (UDP_SEGMENT).</summary>
    public bool SendOffload { get; init; }
}

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

    /// <summary>Errors that ICMP messages about earlier sends raised; nothing was lost here.</summary>
    public long IcmpErrors;

    /// <summary>Errors of any other kind.</summary>
    public long OtherErrors;
}

/// <summary>The sending side, written by whoever sends. Failures count datagrams.</summary>
internal record struct UdpSendCounters
{
    public long Datagrams;
    public long Bytes;
    public long SystemCalls;

    /// <summary>Messages that were more than one datagram.</summary>
    public long Trains;

    /// <summary>Trains the system refused and that were sent again one by one.</summary>
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

/// <summary>Why a datagram could not be sent.</summary>
internal enum UdpSendFailure
{
    Congested,
    Unreachable,
    TooLarge,
    Forbidden,
    Other,
}
