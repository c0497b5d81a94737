using System.Net;

namespace Onetun.Tunnel.Names;

/// <summary>The addresses of a name, best first, and for how long they hold. None: the name is not known.</summary>
internal sealed record NameAnswer(IReadOnlyList<IPAddress> Addresses, TimeSpan TimeToLive)
{
    /// <summary>
    /// The name is not known. It is asked for again after 5 s, so that a client that keeps trying does not flood the resolvers.
    /// </summary>
    public static NameAnswer None { get; } = new([], TimeSpan.FromSeconds(5));
}
