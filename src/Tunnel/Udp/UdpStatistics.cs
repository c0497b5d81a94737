namespace Onetun.Tunnel;

/// <summary>What a transport has done so far. Read while it works, so that the numbers may be a few datagrams apart.</summary>
internal readonly record struct UdpStatistics
{
    public UdpReceiveCounters Received { get; init; }

    public UdpSendCounters Sent { get; init; }

    /// <summary>The receive buffer in bytes as the system reports it (Linux: twice what was granted).</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>The send buffer in bytes as the system reports it (Linux: twice what was granted).</summary>
    public int SendBuffer { get; init; }

    /// <summary>Whether trains are received whole (UDP_GRO).</summary>
    public bool ReceiveOffload { get; init; }

    /// <summary>Whether trains are sent whole (UDP_SEGMENT).</summary>
    public bool SendOffload { get; init; }
}
