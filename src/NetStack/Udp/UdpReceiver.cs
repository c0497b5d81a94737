using System.Buffers;

namespace Onetun.NetStack;

/// <summary>The datagrams that a flow or a port has received, and that were not read yet.</summary>
internal abstract class UdpReceiver(int capacity, UdpMemory memory)
{
    // The memory that even the smallest datagram costs: an array and a queue entry
    private const int LeastCost = 256;

    private readonly Queue<(byte[] Array, int Length, IpAddress Sender, ushort Port)> _received = new();
    private int _bytes;

    /// <summary>Wakes whoever waits for a datagram.</summary>
    public Signal? Signal { get; set; }

    public bool IsClosed { get; set; }

    public bool IsQueuedForEvents { get; set; }

    /// <summary>Datagrams dropped because the buffer was full.</summary>
    public long Dropped { get; private set; }

    public bool HasDatagram => _received.Count > 0;

    /// <summary>Who sent the oldest datagram.</summary>
    public (IpAddress Address, ushort Port) Sender
    {
        get
        {
            var next = _received.Peek();
            return (next.Sender, next.Port);
        }
    }

    /// <summary>Queues a datagram; false if it is dropped because the buffer, or the memory of all, is full.</summary>
    public bool TryAdd(in UdpDatagram datagram)
    {
        var payload = datagram.Payload;
        var cost = Math.Max(payload.Length, LeastCost);
        if (_bytes + cost > capacity || !memory.TryTake(cost))
        {
            Dropped++;
            return false;
        }

        var array = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(array);
        _received.Enqueue((array, payload.Length, datagram.Flow.Remote, datagram.Flow.RemotePort));
        _bytes += cost;
        return true;
    }

    /// <summary>The oldest datagram; it stays until <see cref="Remove"/>.</summary>
    public ReadOnlyMemory<byte> Peek()
    {
        var next = _received.Peek();
        return next.Array.AsMemory(0, next.Length);
    }

    public void Remove()
    {
        var next = _received.Dequeue();
        var cost = Math.Max(next.Length, LeastCost);
        _bytes -= cost;
        memory.Release(cost);
        ArrayPool<byte>.Shared.Return(next.Array);
    }

    public void Clear()
    {
        // The application may still be reading the oldest, so the arrays are left to the garbage collector
        _received.Clear();
        memory.Release(_bytes);
        _bytes = 0;
    }
}
