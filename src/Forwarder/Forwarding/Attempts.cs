using System.Net;
using System.Net.Sockets;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Connects to the first of several addresses that takes it.</summary>
internal static class Attempts
{
    // SYNs at 0, 1, 3 and 7 s; the last address has all the time that a lone one has.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <exception cref="SocketException">The last one does not.</exception>
    public static async Task<T> FirstAsync<T>(
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
