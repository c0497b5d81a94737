using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Configuration;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Connects through the tunnel to hosts that are only known when a client names them.</summary>
internal sealed class TunnelDialer(WireGuardTunnel tunnel, ForwarderConfiguration configuration, NameResolver names)
{
    // What leaves the tunnel comes from one of our addresses, so only their families can be reached.
    private readonly AddressFamily[] _families =
        [.. configuration.Tunnel.Addresses.Select(address => address.AddressFamily).Distinct()];

    /// <exception cref="SocketException">The name has no address that can be reached, or nothing answers.</exception>
    public async Task<TunnelConnection> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var address = await names.FindAsync(host, _families, cancellationToken).ConfigureAwait(false)
            ?? throw new SocketException((int)SocketError.HostNotFound);
        if (!_families.Contains(address.AddressFamily))
        {
            throw new SocketException((int)SocketError.NetworkUnreachable);
        }

        var endPoint = new IPEndPoint(address, port);
        return new TunnelConnection(await tunnel.ConnectTcpAsync(endPoint, cancellationToken).ConfigureAwait(false));
    }
}
