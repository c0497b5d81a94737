using System.Diagnostics.CodeAnalysis;

namespace Onetun.Testing;

/// <summary>A packet under way.</summary>
internal sealed record Packet(VirtualLink Link, VirtualDriver Receiver, byte[] Bytes);

/// <summary>The packets under way, by when they arrive; of those that arrive at once, the first sent is first. Used under the gate.</summary>
internal sealed class Transit
{
    private readonly PriorityQueue<Packet, (TimeSpan At, long Order)> _packets = new();
    private long _order;

    /// <summary>When the next one arrives; <see cref="TimeSpan.MaxValue"/> if there is none.</summary>
    public TimeSpan Next => _packets.TryPeek(out _, out var when) ? when.At : TimeSpan.MaxValue;

    public void Add(TimeSpan at, Packet packet) => _packets.Enqueue(packet, (at, _order++));

    /// <summary>Takes the next one that has arrived, if its link has not been cut meanwhile.</summary>
    public bool TryTake(TimeSpan now, [NotNullWhen(true)] out Packet? packet)
    {
        while (_packets.TryPeek(out packet, out var when) && when.At <= now)
        {
            _packets.Dequeue();
            if (packet.Link.TryLeave())
            {
                return true;
            }
        }

        packet = null;
        return false;
    }

    public void Clear() => _packets.Clear();
}
