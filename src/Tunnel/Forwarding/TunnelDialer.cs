using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Text;

namespace Onetun.Tunnel.Forwarding;

/// <summary>Connects through the tunnel to hosts by address or by name.</summary>
internal sealed class TunnelDialer(TunnelNetwork tunnel, IReadOnlyList<IPAddress> ours, NameCache names)
{
    // What leaves the tunnel comes from one of our addresses, so only their families can be reached.
    private readonly HashSet<AddressFamily> _families = [.. ours.Select(address => address.AddressFamily)];

    public TunnelNetwork Tunnel => tunnel;

    /// <remarks>Whoever waits for it may continue on the thread that drives the tunnel, and must not block.</remarks>
    /// <exception cref="SocketException">The name has no address that can be reached, or nothing answers.</exception>
    public async Task<TunnelEnd> ConnectTcpAsync(EndPoint destination, CancellationToken cancellationToken) =>
        new(await ConnectAsync(destination, tunnel.ConnectTcpInlineAsync, cancellationToken).ConfigureAwait(false));

    /// <summary>The same for whoever does as it likes with the socket.</summary>
    /// <inheritdoc cref="ConnectTcpAsync"/>
    public Task<TcpSocket> ConnectAsync(EndPoint destination, CancellationToken cancellationToken) =>
        ConnectAsync(destination, tunnel.ConnectTcpAsync, cancellationToken);

    /// <exception cref="SocketException">The name has no address that can be reached, or no port is free.</exception>
    public async ValueTask<UdpSocket> ConnectUdpAsync(EndPoint destination, CancellationToken cancellationToken)
    {
        var endPoints = await FindAsync(destination, cancellationToken).ConfigureAwait(false);
        return tunnel.ConnectUdp(endPoints[0]);
    }

    // An address that is alone has the minute that the stack gives a handshake.
    private async Task<TcpSocket> ConnectAsync(
        EndPoint destination, Func<IPEndPoint, CancellationToken, Task<TcpSocket>> connectAlone, CancellationToken cancellationToken)
    {
        var endPoints = await FindAsync(destination, cancellationToken).ConfigureAwait(false);
        var connecting = endPoints.Count == 1
            ? connectAlone(endPoints[0], cancellationToken)
            : Attempts.FirstAsync(endPoints, tunnel.ConnectTcpAsync, static late => late.DisposeAsync(), cancellationToken, tunnel.Time);
        return await connecting.ConfigureAwait(false);
    }

    private async ValueTask<IReadOnlyList<IPEndPoint>> FindAsync(
        EndPoint destination, CancellationToken cancellationToken)
    {
        if (OutsideFault.Of(destination) is { } fault)
        {
            throw new SocketException((int)SocketError.HostUnreachable, fault);
        }

        var found = await names.FindAsync(destination, cancellationToken).ConfigureAwait(false);
        IPEndPoint[] forwardable = [.. found.Select(MappedAddress.Unmap).Where(endPoint => !Unforwardable.Is(endPoint.Address, ours))];
        if (forwardable.Length == 0)
        {
            throw new SocketException(
                (int)SocketError.HostUnreachable, $"No host behind the tunnel has the address {found[0].Address}");
        }

        IPEndPoint[] usable = [.. forwardable.Where(endPoint => _families.Contains(endPoint.AddressFamily))];
        return usable.Length > 0 ? usable : throw new SocketException((int)SocketError.NetworkUnreachable);
    }
}
