using System.Diagnostics.CodeAnalysis;

namespace Onetun.Tunnel.Forwarding;

/// <summary>
/// The flows of a forward. Those that are silent end; when there are too many, the one of least worth makes room.
/// </summary>
internal sealed class FlowTable<TKey, TFlow> : IAsyncDisposable
    where TKey : notnull
    where TFlow : DatagramFlow
{
    private readonly Dictionary<TKey, TFlow> _flows = [];

    // They are in the order of what each was worth when it was queued, and can only have become worth more since. Ended ones
    // stay until a sweep.
    private readonly PriorityQueue<(TKey Key, TFlow Flow), (bool, long)> _order = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _idleTimeout;
    private readonly int _capacity;
    private readonly ITimer _timer;
    private bool _disposed;

    public FlowTable(TimeProvider time, TimeSpan idleTimeout, int capacity)
    {
        _time = time;
        _idleTimeout = idleTimeout;
        _capacity = capacity;
        _timer = time.CreateTimer(
            static table => ((FlowTable<TKey, TFlow>)table!).Sweep(),
            this,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    public int Count
    {
        get
        {
            lock (_flows)
            {
                return _flows.Count;
            }
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TFlow flow)
    {
        lock (_flows)
        {
            return _flows.TryGetValue(key, out flow);
        }
    }

    /// <summary>Adds a flow; in a full table, in place of the one of least worth.</summary>
    public void Add(TKey key, TFlow flow)
    {
        flow.Touch();
        TFlow? ended = null;
        lock (_flows)
        {
            if (_disposed)
            {
                ended = flow;
            }
            else
            {
                ended = _flows.Count >= _capacity ? RemoveLeast() : null;
                _flows.Add(key, flow);
                _order.Enqueue((key, flow), flow.Worth);
                if (_flows.Count == 1)
                {
                    _timer.Change(_idleTimeout, Timeout.InfiniteTimeSpan);
                }
            }
        }

        End(ended);
    }

    /// <summary>Ends the flow of least worth; false if there is none.</summary>
    public bool TryEndOne()
    {
        TFlow? ended;
        lock (_flows)
        {
            ended = RemoveLeast();
        }

        End(ended);
        return ended is not null;
    }

    /// <summary>Ends all flows.</summary>
    public async ValueTask DisposeAsync()
    {
        TFlow[] flows;
        lock (_flows)
        {
            _disposed = true;
            flows = [.. _flows.Values];
            _flows.Clear();
        }

        await _timer.DisposeAsync().ConfigureAwait(false);
        foreach (var flow in flows)
        {
            await flow.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TFlow? RemoveLeast()
    {
        while (_order.TryDequeue(out var least, out var worth))
        {
            if (!_flows.TryGetValue(least.Key, out var flow) || flow != least.Flow)
            {
                continue;
            }

            if (flow.Worth == worth)
            {
                _flows.Remove(least.Key);
                return flow;
            }

            _order.Enqueue(least, flow.Worth);
        }

        return null;
    }

    private void Sweep()
    {
        List<KeyValuePair<TKey, TFlow>> silent;
        lock (_flows)
        {
            // The clock is read once: what is not over now is due later, however long this takes.
            var now = _time.GetTimestamp();
            TimeSpan Remaining(TFlow flow) => _idleTimeout - _time.GetElapsedTime(flow.LastActive, now);
            silent = [.. _flows.Where(entry => Remaining(entry.Value) <= TimeSpan.Zero)];
            foreach (var (key, _) in silent)
            {
                _flows.Remove(key);
            }

            _order.Clear();
            foreach (var (key, flow) in _flows)
            {
                _order.Enqueue((key, flow), flow.Worth);
            }

            if (_flows.Count > 0)
            {
                _timer.Change(_flows.Values.Min(Remaining), Timeout.InfiniteTimeSpan);
            }
        }

        foreach (var (_, flow) in silent)
        {
            End(flow);
        }
    }

    // What ends here has nothing to wait for: it gives up sockets.
    private static void End(TFlow? flow) => _ = flow?.DisposeAsync().AsTask();
}
