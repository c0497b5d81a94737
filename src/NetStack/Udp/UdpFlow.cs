using System.Buffers;

namespace Onetun.NetStack;

/// <summary>The flow of datagrams between one port of ours and one of a peer, with those received and not yet read.</summary>
internal sealed class UdpFlow(in FlowKey flow, int capacity, UdpMemory memory)
{
    // The memory that even the smallest datagram costs: an array and a queue entry
    private const int LeastCost = 256;

    private readonly Queue<(byte[] Array, int Length)> _received = new();
    private int _bytes;

    public FlowKey Flow { get; } = flow;

    /// <summary>Whether the peer is this stack too.</summary>
    public bool IsWithOurselves { get; init; }

    /// <summary>Wakes whoever waits for a datagram.</summary>
    public Signal? Signal { get; set; }

    /// <summary>The queue in which it waits to be accepted.</summary>
    public UdpListenQueue? Listener { get; set; }

    /// <summary>An ICMP error about a datagram of ours, which is reported once.</summary>
    public TcpEnd Error { get; set; }

    /// <summary>The path MTU that was sent to the peer, in bytes; 0 if none was.</summary>
    public int ToldMtu { get; set; }

    public bool IsClosed { get; set; }

    public bool IsQueuedForEvents { get; set; }

    /// <summary>Datagrams dropped because the buffer was full.</summary>
    public long Dropped { get; private set; }

    public bool HasDatagram => _received.Count > 0;

    /// <summary>Queues a datagram; false if it is dropped because the buffer, or the memory of all flows, is full.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload)
    {
        var cost = Math.Max(payload.Length, LeastCost);
        if (_bytes + cost > capacity || !memory.TryTake(cost))
        {
            Dropped++;
            return false;
        }

        var array = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(array);
        _received.Enqueue((array, payload.Length));
        _bytes += cost;
        return true;
    }

    /// <summary>The oldest datagram; it stays until <see cref="Remove"/>.</summary>
    public ReadOnlyMemory<byte> Peek()
    {
        var (array, length) = _received.Peek();
        return array.AsMemory(0, length);
    }

    public void Remove()
    {
        var (array, length) = _received.Dequeue();
        var cost = Math.Max(length, LeastCost);
        _bytes -= cost;
        memory.Release(cost);
        ArrayPool<byte>.Shared.Return(array);
    }

    public void Clear()
    {
        // The application may still be reading the oldest, so the arrays are left to the garbage collector
        _received.Clear();
        memory.Release(_bytes);
        _bytes = 0;
    }
}
