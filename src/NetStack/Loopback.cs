namespace Onetun.NetStack;

/// <summary>
/// What is sent to our own addresses, and comes to us without leaving (RFC 1122 §3.2.1.3): packets wait here, and connections
/// that have segments for ourselves.
/// </summary>
/// <param name="ours">Our addresses.</param>
internal sealed class Loopback(IReadOnlySet<IpAddress> ours)
{
    /// <summary>The most packets that wait; more are dropped, as everywhere on the way of a datagram.</summary>
    private const int Capacity = 4096;

    private readonly Queue<(byte[] Packet, int Length)> _packets = new();

    public bool IsEmpty => _packets.Count == 0 && Output.IsEmpty;

    /// <summary>The connections that may have output.</summary>
    public OutputQueue Output { get; } = new();

    public bool Takes(in IpAddress destination) => ours.Contains(destination);

    /// <summary>Queues a packet in a rented array, which it takes over; false if there is no room.</summary>
    public bool TryAdd(byte[] packet, int length)
    {
        if (_packets.Count >= Capacity)
        {
            return false;
        }

        _packets.Enqueue((packet, length));
        return true;
    }

    /// <summary>The next packet, in a rented array that the caller returns.</summary>
    public bool TryTake(out byte[] packet, out int length)
    {
        var any = _packets.TryDequeue(out var next);
        (packet, length) = next;
        return any;
    }
}
