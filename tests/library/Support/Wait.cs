namespace Onetun.Tests.Library;

/// <summary>How long a test waits for what must happen, on the busiest of machines.</summary>
internal static class Wait
{
    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(60);

    public static Task Soon(this Task task) => task.WaitAsync(Limit);

    public static Task<T> Soon<T>(this Task<T> task) => task.WaitAsync(Limit);

    /// <summary>Ends when the token is cancelled.</summary>
    public static async Task CancelledAsync(CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task.Soon();
    }
}
