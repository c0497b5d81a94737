namespace Onetun.Tunnel;

/// <summary>Counts the faults that a driver survives, and tells a listener. Thread-safe.</summary>
/// <param name="faulted">Hears of each on the thread pool; null if nobody does.</param>
internal sealed class FaultReports(Action<TunnelFault>? faulted)
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public void Add(string where, Exception exception)
    {
        Interlocked.Increment(ref _count);
        if (faulted is not null)
        {
            ThreadPool.QueueUserWorkItem(Tell, new TunnelFault(where, exception), preferLocal: false);
        }
    }

    private void Tell(TunnelFault fault)
    {
        try
        {
            faulted!(fault);
        }
        catch (Exception)
        {
            // The listener is at fault too, and there is nobody else to tell
        }
    }
}
