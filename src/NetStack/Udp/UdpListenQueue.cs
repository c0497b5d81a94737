namespace Onetun.NetStack;

/// <summary>A port that receives datagrams from any sender: each new one makes a flow, which waits here to be accepted.</summary>
internal sealed class UdpListenQueue(ListenEnd end, int backlog) : IUdpListener
{
    private readonly Queue<UdpFlow> _waiting = new();

    public ListenEnd End => end;

    /// <summary>Wakes whoever waits to accept.</summary>
    public Signal? Signal { get; set; }

    /// <summary>No more flows will come.</summary>
    public bool IsClosed { get; set; }

    public bool TryAdd(UdpFlow flow)
    {
        if (_waiting.Count >= backlog)
        {
            return false;
        }

        _waiting.Enqueue(flow);
        return true;
    }

    public bool TryAccept(out UdpFlow flow)
    {
        if (!_waiting.TryDequeue(out flow!))
        {
            return false;
        }

        flow.Listener = null;
        return true;
    }
}
