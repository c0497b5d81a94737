using Onetun.NetStack;

namespace Onetun.Tests.Support;

internal static class Accepting
{
    /// <summary>The next socket of a listener that has not ended.</summary>
    public static async Task<TSocket> AcceptOneAsync<TSocket>(
        this SocketListener<TSocket> listener, CancellationToken cancellationToken = default)
        where TSocket : class => await listener.AcceptAsync(cancellationToken) ?? throw new InvalidOperationException("The listener has ended.");
}
