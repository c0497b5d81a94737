using System.Runtime.CompilerServices;
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

    public bool HasAny => Volatile.Read(ref _queues).Length > 0;

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

    /// <summary>What happens from the first step of the enumeration on.</summary>
    public async IAsyncEnumerable<PeerEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var queue = Channel.CreateBounded<PeerEvent>(new BoundedChannelOptions(Longest) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_lock)
        {
            if (_hasEnded)
            {
                yield break;
            }

            _queues = [.. _queues, queue];
        }

        try
        {
            await foreach (var happened in queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return happened;
            }
        }
        finally
        {
            lock (_lock)
            {
                _queues = [.. _queues.Where(one => one != queue)];
            }
        }
    }
}
