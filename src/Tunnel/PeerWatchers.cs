using System.Threading.Channels;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>Those who watch what happens to the peers. Each has a queue of its own, which none can make the tunnel wait for. Thread-safe.</summary>
internal sealed class PeerWatchers
{
    // Of one who is slower than that the oldest events are dropped.
    private const int Longest = 1024;

    private readonly Lock _lock = new();
    private Channel<PeerEvent>[] _queues = [];
    private bool _hasEnded;

    /// <summary>Tells all of them; waits for none.</summary>
    public void Tell(PeerEvent happened)
    {
        foreach (var queue in Volatile.Read(ref _queues))
        {
            queue.Writer.TryWrite(happened);
        }
    }

    /// <summary>There will be no more events.</summary>
    public void End()
    {
        lock (_lock)
        {
            _hasEnded = true;
            foreach (var queue in _queues)
            {
                queue.Writer.TryComplete();
            }
        }
    }

    /// <summary>Begins to watch.</summary>
    /// <returns>What happens from now on, and ends with the tunnel; to be given back to <see cref="Remove"/>.</returns>
    public ChannelReader<PeerEvent> Add()
    {
        var queue = Channel.CreateBounded<PeerEvent>(new BoundedChannelOptions(Longest) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            _queues = [.. _queues, queue];
            if (_hasEnded)
            {
                queue.Writer.TryComplete();
            }
        }

        return queue.Reader;
    }

    /// <summary>Watches no more.</summary>
    public void Remove(ChannelReader<PeerEvent> reader)
    {
        lock (_lock)
        {
            _queues = [.. _queues.Where(queue => queue.Reader != reader)];
        }
    }
}
