namespace Onetun.Tests.Support;

/// <summary>
/// What an action allocates. A collection, which any thread may cause, books what was left of this thread's allocation
/// area as allocated, up to 8 KiB: hence the least of some attempts. One byte a packet would show in each.
/// </summary>
internal static class Allocation
{
    private const int Attempts = 5;

    public static long LeastOf(Action action)
    {
        var least = long.MaxValue;
        for (var attempt = 0; attempt < Attempts && least > 0; attempt++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
