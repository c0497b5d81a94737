using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Names;
using Onetun.NetStack;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Forwarding;

/// <summary>Connects through the tunnel to hosts by address or by name.</summary>
internal sealed class TunnelDialer(WireGuardTunnel tunnel, IReadOnlyList<IPAddress> ours, NameCache names)
{
    // What leaves the tunnel comes from one of our addresses, so only their families can be reached.
    private readonly HashSet<AddressFamily> _families = [.. ours.Select(address => address.AddressFamily)];

    public WireGuardTunnel Tunnel => tunnel;

    /// <exception cref="SocketException">The name has no address that can be reached, or nothing answers.</exception>
    public async Task<TunnelConnection> ConnectTcpAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        var endPoints = await FindAsync(destination, cancellationToken).ConfigureAwait(false);
        return new TunnelConnection(
            await Attempts.FirstAsync(endPoints, tunnel.ConnectTcpAsync, cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="SocketException">The name has no address that can be reached, or no port is free.</exception>
    public async ValueTask<UdpSocket> ConnectUdpAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        var endPoints = await FindAsync(destination, cancellationToken).ConfigureAwait(false);
        return tunnel.ConnectUdp(endPoints[0]);
    }

    private async ValueTask<IReadOnlyList<IPEndPoint>> FindAsync(
        EndPoint destination, CancellationToken cancellationToken)
    {
        var (found, port) = destination is NamedEndPoint named
            ? (await names.FindAsync(named.Host, cancellationToken).ConfigureAwait(false), named.Port)
            : ([((IPEndPoint)destination).Address], ((IPEndPoint)destination).Port);
        if (found.Count == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        List<IPEndPoint> usable =
            [.. found.Where(address => _families.Contains(address.AddressFamily)).Select(address => new IPEndPoint(address, port))];
        return usable.Count > 0 ? usable : throw new SocketException((int)SocketError.NetworkUnreachable);
    }
}
