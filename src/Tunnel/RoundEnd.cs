namespace Onetun.Tunnel;

/// <summary>Lets others wait for the end of a round; while nobody does, it costs the rounds one read.</summary>
internal sealed class RoundEnd
{
    private TaskCompletionSource? _awaited;

    /// <summary>Ends with the round that is under way, or else the next.</summary>
    public Task NextAsync()
    {
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _awaited, fresh, null) ?? fresh).Task;
    }

    /// <summary>To be called when a round has ended.</summary>
    public void Reach()
    {
        if (Volatile.Read(ref _awaited) is not null)
        {
            Interlocked.Exchange(ref _awaited, null)?.TrySetResult();
        }
    }
}
