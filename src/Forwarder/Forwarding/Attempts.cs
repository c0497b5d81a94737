using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Connects to the first of several addresses that takes it.</summary>
internal static class Attempts
{
    // SYNs at 0, 1, 3 and 7 s; the last address has what is left.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // .. of what a lone one has inside the tunnel
    private static readonly TimeSpan WholePatience = TimeSpan.FromSeconds(60);

    /// <exception cref="SocketException">None does, in a minute at most.</exception>
    public static async Task<T> FirstAsync<T>(
        IReadOnlyList<IPEndPoint> endPoints,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        CancellationToken cancellationToken,
        TimeProvider? time = null)
    {
        using var patience = new CancellationTokenSource(WholePatience, time ?? TimeProvider.System);
        using var whole = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await TryEachAsync(endPoints, connect, whole.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private static async Task<T> TryEachAsync<T>(
        IReadOnlyList<IPEndPoint> endPoints,
        Func<IPEndPoint, CancellationToken, Task<T>> connect,
        CancellationToken cancellationToken)
    {
        for (var i = 0; i < endPoints.Count - 1; i++)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            try
            {
                return await connect(endPoints[i], patience.Token).ConfigureAwait(false);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        return await connect(endPoints[^1], cancellationToken).ConfigureAwait(false);
    }
}
