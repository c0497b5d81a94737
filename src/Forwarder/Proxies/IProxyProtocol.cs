using System.Net;
using System.Net.Sockets;
using Onetun.Tunnel.Forwarding;

namespace Onetun.Forwarder.Proxies;

/// <summary>How a client says where it wants to go, and is told what came of it.</summary>
internal interface IProxyProtocol
{
    /// <summary>What people know it by.</summary>
    string Name { get; }

    /// <summary>Whether a client that speaks it may begin with this byte.</summary>
    bool Speaks(byte first);

    /// <summary>Reads what the client asks for.</summary>
    /// <exception cref="InvalidDataException">It does not speak the protocol.</exception>
    ValueTask<ProxyReading> ReadRequestAsync(IRelayEnd client, CancellationToken cancellationToken);

    /// <summary>Tells the client that it is connected, or where to send its datagrams.</summary>
    ValueTask AcceptAsync(IRelayEnd client, ProxyRequest request, IPEndPoint? relay = null);

    /// <summary>Tells the client why it is not.</summary>
    ValueTask RefuseAsync(IRelayEnd client, ProxyRequest request, SocketException error);
}
