namespace Onetun.Tunnel;

/// <summary>Counts the faults that a driver survives, under its lock, and tells a listener outside of it.</summary>
/// <param name="faulted">Hears of each on the thread pool; null if nobody does.</param>
internal sealed class FaultReports(Action<TunnelFault>? faulted)
{
    public long Count { get; private set; }

    public void Add(string where, Exception exception)
    {
        Count++;
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
