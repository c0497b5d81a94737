using System.Buffers;

namespace Onetun.Benchmarks.Simulation;

/// <summary>One direction of a path: a queue in front of a link of some rate, then a delay.</summary>
/// <remarks>Packets that keep their order lie in a plain queue, so that a gigabit can be simulated.</remarks>
internal sealed class OneWay(PathOptions path, Random random)
{
    private readonly Queue<Flying> _inOrder = new();
    private readonly PriorityQueue<Flying, TimeSpan> _late = new();
    private double _idle; // ticks: a packet of a gigabit takes 113.6

    public long Dropped { get; private set; }

    /// <summary>When the next packet arrives.</summary>
    public TimeSpan NextArrival
    {
        get
        {
            var next = _inOrder.TryPeek(out var first) ? first.Arrival : TimeSpan.MaxValue;
            return _late.TryPeek(out _, out var late) && late < next ? late : next;
        }
    }

    public void Send(TimeSpan now, ReadOnlySpan<byte> packet)
    {
        _idle = Math.Max(_idle, now.Ticks);
        var queued = (_idle - now.Ticks) / TimeSpan.TicksPerSecond * path.Rate / 8;
        if (queued + packet.Length > path.QueueLimit)
        {
            Dropped++;
            return;
        }

        _idle += packet.Length * 8 / path.Rate * TimeSpan.TicksPerSecond;
        if (random.NextDouble() < path.Loss)
        {
            Dropped++;
            return;
        }

        Fly(packet);
        if (path.Duplication > 0 && random.NextDouble() < path.Duplication)
        {
            Fly(packet);
        }
    }

    /// <summary>Takes out a packet that has arrived; it goes back by <see cref="Flying.Return"/>.</summary>
    public bool TryReceive(TimeSpan now, out Flying packet)
    {
        if (_late.TryPeek(out packet, out var late) && late <= now)
        {
            _late.Dequeue();
            return true;
        }

        return _inOrder.TryPeek(out packet) && packet.Arrival <= now && _inOrder.TryDequeue(out packet);
    }

    private void Fly(ReadOnlySpan<byte> packet)
    {
        var copy = ArrayPool<byte>.Shared.Rent(packet.Length);
        packet.CopyTo(copy);
        var flying = new Flying(copy, packet.Length, TimeSpan.FromTicks((long)_idle) + (path.Rtt / 2));
        if (random.NextDouble() < path.Reordering)
        {
            _late.Enqueue(flying, flying.Arrival + (path.Lateness * random.NextDouble()));
        }
        else
        {
            _inOrder.Enqueue(flying);
        }
    }

    internal readonly record struct Flying(byte[] Packet, int Length, TimeSpan Arrival)
    {
        public ReadOnlySpan<byte> Span => Packet.AsSpan(0, Length);

        public void Return() => ArrayPool<byte>.Shared.Return(Packet);
    }
}
