using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Resources;

namespace Onetun.Tunnel;

public abstract partial class TunnelNetwork
{
    private readonly Lock _forwarding = new();
    private readonly HashSet<TunnelForward> _forwards = [];
    private readonly LocalDialer _local = new(new NameCache(new SystemNames(SystemNames.ResolveAsync).LookupAsync, TimeProvider.System));
    private readonly Lazy<DescriptorBudget> _descriptors;
    private bool _hasEnded;

    /// <summary>
    /// Carries the connections of a TCP port, or of a Unix-domain socket, of this machine to a host in the network. One that the host does not
    /// take is reset, with a warning in the log that says why.
    /// </summary>
    /// <param name="source">An <see cref="IPEndPoint"/> of this machine, port 0 for any free one, or a <see cref="UnixDomainSocketEndPoint"/>.</param>
    /// <param name="destination">An <see cref="IPEndPoint"/> or <see cref="DnsEndPoint"/> in the network.</param>
    /// <param name="options">What bounds it.</param>
    /// <exception cref="ArgumentException">The destination is of another kind.</exception>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public TunnelForward ForwardTcp(EndPoint source, EndPoint destination, ForwardOptions? options = null) => Begin(
        new TcpForward(source, Host(destination), (options ?? ForwardOptions.Default).Tcp, _logger, _descriptors.Value), destination);

    /// <summary>Carries the datagrams of a UDP port of this machine to a host in the network, and the answers back to each client.</summary>
    /// <param name="source">Of this machine; port 0 for any free one.</param>
    /// <param name="destination">An <see cref="IPEndPoint"/> or <see cref="DnsEndPoint"/> in the network.</param>
    /// <param name="options">What bounds it.</param>
    /// <exception cref="ArgumentException">The destination is of another kind.</exception>
    /// <exception cref="SocketException">The port cannot be had.</exception>
    public TunnelForward ForwardUdp(IPEndPoint source, EndPoint destination, ForwardOptions? options = null) => Begin(
        new UdpForward(source, Host(destination), (options ?? ForwardOptions.Default).Udp, _logger), destination);

    /// <summary>Carries the connections of a TCP port of ours in the network to a host that this machine reaches, or to a program on it.</summary>
    /// <param name="source">One of our addresses, or 0.0.0.0 or :: for all of them, and a port; 0 for any free one.</param>
    /// <param name="destination">
    /// An <see cref="IPEndPoint"/> or <see cref="DnsEndPoint"/>, outside the network, or a <see cref="UnixDomainSocketEndPoint"/>.
    /// </param>
    /// <param name="options">What bounds it.</param>
    /// <exception cref="ArgumentException">The destination is of another kind.</exception>
    /// <exception cref="SocketException">The address is not ours, or the port is taken.</exception>
    public TunnelForward ExposeTcp(IPEndPoint source, EndPoint destination, ForwardOptions? options = null) => Begin(
        new RemoteTcpForward(
            source,
            destination is UnixDomainSocketEndPoint ? destination : Host(destination),
            _local,
            (options ?? ForwardOptions.Default).Tcp,
            _logger,
            _descriptors.Value),
        destination);

    /// <summary>Carries the datagrams of a UDP port of ours in the network to a host that this machine reaches, and the answers back.</summary>
    /// <param name="source">One of our addresses, or 0.0.0.0 or :: for all of them, and a port; 0 for any free one.</param>
    /// <param name="destination">An <see cref="IPEndPoint"/> or <see cref="DnsEndPoint"/>, outside the network.</param>
    /// <param name="options">What bounds it.</param>
    /// <exception cref="ArgumentException">The destination is of another kind.</exception>
    /// <exception cref="SocketException">The address is not ours, or the port is taken.</exception>
    public TunnelForward ExposeUdp(IPEndPoint source, EndPoint destination, ForwardOptions? options = null) => Begin(
        new RemoteUdpForward(
            source, Host(destination), _local, (options ?? ForwardOptions.Default).Udp, _logger, descriptors: _descriptors.Value), destination);

    /// <summary>Ends all forwards, of which there will be no more.</summary>
    internal async Task EndForwardsAsync()
    {
        TunnelForward[] ending;
        lock (_forwarding)
        {
            _hasEnded = true;
            ending = [.. _forwards];
        }

        foreach (var forward in ending)
        {
            await forward.DisposeAsync().ConfigureAwait(false);
        }
    }

    private TunnelForward Begin(IForward forward, EndPoint destination)
    {
        var begun = new TunnelForward(forward, destination, Forget);
        try
        {
            lock (_forwarding)
            {
                ObjectDisposedException.ThrowIf(_hasEnded, this);
                forward.Start(Dialer);
                _forwards.Add(begun);
            }

            return begun;
        }
        catch
        {
            _ = forward.DisposeAsync().AsTask();
            throw;
        }
    }

    private static EndPoint Host(EndPoint endPoint, [CallerArgumentExpression(nameof(endPoint))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(endPoint, name);
        return endPoint is IPEndPoint or DnsEndPoint
            ? endPoint
            : throw new ArgumentException($"A {endPoint.GetType().Name} is no host: an IPEndPoint is, or a DnsEndPoint.", name);
    }

    private void Forget(TunnelForward forward)
    {
        lock (_forwarding)
        {
            _forwards.Remove(forward);
        }
    }

    private DescriptorBudget MeasureDescriptors()
    {
        var budget = new DescriptorBudget(_logger);
        budget.Measure();
        return budget;
    }
}
