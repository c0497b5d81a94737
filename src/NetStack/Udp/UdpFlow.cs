namespace Onetun.NetStack;

/// <summary>The flow of datagrams between one port of ours and one of a peer, with those received and not yet read.</summary>
internal sealed class UdpFlow(in FlowKey flow, int capacity, UdpMemory memory) : UdpReceiver(capacity, memory)
{
    public FlowKey Flow { get; } = flow;

    /// <summary>Whether the peer is this stack too.</summary>
    public bool IsWithOurselves { get; init; }

    /// <summary>The queue in which it waits to be accepted.</summary>
    public UdpListenQueue? Listener { get; set; }

    /// <summary>An ICMP error about a datagram of ours, which is reported once.</summary>
    public TcpEnd Error { get; set; }

    /// <summary>The path MTU that was sent to the peer, in bytes; 0 if none was.</summary>
    public int ToldMtu { get; set; }
}
