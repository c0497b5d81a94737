using System.Net;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Opens a connection through the tunnel; throws <see cref="System.Net.Sockets.SocketException"/> as it does.</summary>
internal delegate Task<TunnelConnection> Connector(IPEndPoint destination, CancellationToken cancellationToken);
