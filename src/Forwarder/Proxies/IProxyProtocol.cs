using System.Net.Sockets;
using Onetun.Forwarder.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>How a client says where it wants to go, and is told what came of it.</summary>
internal interface IProxyProtocol
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>Reads what the client asks for; null if it was refused, and told so.</summary>
    /// <exception cref="InvalidDataException">It does not speak the protocol.</exception>
    ValueTask<ProxyRequest?> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken);

    /// <summary>Tells the client that it is connected.</summary>
    ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request);

    /// <summary>Tells the client why it is not.</summary>
    ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketError error);
}

/// <summary>Where a client wants to go.</summary>
/// <param name="Host">A name or an address.</param>
/// <param name="Port">The port there.</param>
/// <param name="Head">What the server is sent first on the client's behalf.</param>
internal sealed record ProxyRequest(string Host, int Port, byte[]? Head = null);
