using System.Net;

namespace Onetun.Forwarder.Proxies;

/// <summary>Where a client wants to go.</summary>
/// <param name="Destination">An address or a name.</param>
internal sealed record ProxyRequest(EndPoint Destination)
{
    /// <summary>What the server is sent first on the client's behalf.</summary>
    public byte[]? Head { get; init; }

    /// <summary>All that the client has to say behind that; null if there is no telling.</summary>
    public RequestBody? Body { get; init; }

    /// <summary>
    /// Of a client that wants datagrams carried to wherever each of them says: the port that they come from, or 0.
    /// </summary>
    public int? AssociatedPort { get; init; }

    /// <summary>How long it may take to send the first of them, if it told no port; null is for ever.</summary>
    public TimeSpan? FirstDatagramTimeout { get; init; }
}
