using System.Net;

namespace Onetun.Forwarder.Proxies;

/// <summary>Where a client wants to go.</summary>
/// <param name="Destination">An address or a name.</param>
internal sealed record ProxyRequest(EndPoint Destination)
{
    /// <summary>What it asks for there; null if it wants to send and receive as it likes.</summary>
    public PlainRequest? Plain { get; init; }

    /// <summary>
    /// Of a client that wants datagrams carried to wherever each of them says: the port that they come from, or 0.
    /// </summary>
    public int? AssociatedPort { get; init; }

    /// <summary>How long it may take to send the first of them, if it told no port; null is for ever.</summary>
    public TimeSpan? FirstDatagramTimeout { get; init; }
}
