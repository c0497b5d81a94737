namespace Onetun.Capture;

/// <summary>One capture of a live tap, from its start to its end, on a thread of its own or on its caller's.</summary>
internal sealed class CaptureRun(PacketInbox inbox)
{
    private readonly object _gate = new();
    private volatile Thread? _thread;
    private volatile bool _isStopping;
    private bool _hasEnded;

    public PacketInbox Inbox => inbox;

    public bool IsStopping => _isStopping;

    /// <summary>Says that it is this thread which captures.</summary>
    public void Begin() => _thread = Thread.CurrentThread;

    /// <summary>Asks it to end; the handler of a packet is not interrupted.</summary>
    public void Stop()
    {
        _isStopping = true;
        inbox.Nudge();
    }

    /// <summary>Waits for its end; not on its own thread, where a handler is what the end waits for.</summary>
    public void Join(TimeSpan timeout)
    {
        lock (_gate)
        {
            if (!_hasEnded && _thread != Thread.CurrentThread)
            {
                Monitor.Wait(_gate, timeout);
            }
        }
    }

    public void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            Monitor.PulseAll(_gate);
        }
    }
}
