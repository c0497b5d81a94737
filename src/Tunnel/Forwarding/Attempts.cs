using System.Net;
using System.Net.Sockets;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Connects to whichever of several addresses takes it first (RFC 8305 §5).</summary>
internal static class Attempts
{
    // This is the delay that RFC 8305 §5 recommends.
    private static readonly TimeSpan NextAfter = TimeSpan.FromMilliseconds(250);

    // All together have as long as a lone one has inside the tunnel.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Begins with the first address, and with the next whenever one has failed or a quarter of a second has passed.
    /// </summary>
    /// <param name="endPoints">At least one.</param>
    /// <param name="connect">Connects to one of them.</param>
    /// <param name="discard">Takes a connection that has come about although another was first.</param>
    /// <param name="cancellationToken">Ends all attempts.</param>
    /// <param name="time">The system's, if none is given.</param>
    /// <exception cref="SocketException">None does, in a minute at most.</exception>
    public static async Task<T> FirstAsync<T>(
        IReadOnlyList<IPEndPoint> endPoints,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        Func<T, ValueTask> discard,
        CancellationToken cancellationToken,
        TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        using var patience = new CancellationTokenSource(Patience, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var running = new List<Task<T>>();
        try
        {
            return await RaceAsync(endPoints, connect, running, time, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var late in running)
            {
                _ = DiscardAsync(late, discard);
            }
        }
    }

    // The other attempts are left running.
    private static async Task<T> RaceAsync<T>(
        IReadOnlyList<IPEndPoint> endPoints,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        List<Task<T>> running,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var begun = 0;
        while (true)
        {
            if (begun < endPoints.Count)
            {
                running.Add(connect(endPoints[begun++], cancellationToken));
            }

            var isLast = begun == endPoints.Count;
            var patience = isLast ? Timeout.InfiniteTimeSpan : NextAfter;
            if (await EndOfOneAsync(running, patience, time, cancellationToken).ConfigureAwait(false) is { } ended)
            {
                running.Remove(ended);
                if (ended.IsCompletedSuccessfully || (isLast && running.Count == 0))
                {
                    return await ended.ConfigureAwait(false);
                }
            }
        }
    }

    private static async Task<Task<T>?> EndOfOneAsync<T>(
        List<Task<T>> running, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.WhenAny(running).WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static async Task DiscardAsync<T>(Task<T> late, Func<T, ValueTask> discard)
    {
        try
        {
            await discard(await late.ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // It has lost either way.
        }
    }
}
