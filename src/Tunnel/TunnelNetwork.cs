using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.NetStack;
using Onetun.Tunnel.Forwarding;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Resources;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A network that this program is a host of, with addresses of its own: what is connected to, listened on and sent is in there, and nothing
/// of it on this machine. <see cref="WireGuardTunnel"/> is a real one. All members may be called from any thread, and throw an
/// <see cref="ObjectDisposedException"/> once it has ended.
/// </summary>
public abstract partial class TunnelNetwork : IAsyncDisposable
{
    private static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(5);

    private readonly StackDriver _driver;
    private readonly NameCache _names;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Takes over a driver that nobody else opens sockets of.</summary>
    internal TunnelNetwork(StackDriver driver, TimeProvider time, ILogger? logger = null, bool knowsNames = false)
    {
        (_driver, _time, _logger) = (driver, time, logger ?? NullLogger.Instance);
        _descriptors = new Lazy<DescriptorBudget>(MeasureDescriptors);
        _names = new NameCache(LookUpAsync, time, isQuick: knowsNames);
        Dialer = new TunnelDialer(this, [.. Addresses.Select(ours => ours.Address)], _names);
    }

    /// <summary>Our addresses in it, at least one.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses => _driver.Stack.Options.Addresses;

    /// <summary>The public key by which its other members know us.</summary>
    public abstract PublicKey PublicKey { get; }

    /// <summary>
    /// The clock of its timeouts: the system's, unless <see cref="TunnelOptions.TimeProvider"/> is another, and in a virtual network that network's. Code
    /// that waits by it waits in virtual time where its network does.
    /// </summary>
    public TimeProvider Time => _time;

    /// <summary>Connects as forwards do.</summary>
    internal TunnelDialer Dialer { get; }

    /// <summary>The member that packets to an address are sent to, and packets from it taken from.</summary>
    /// <returns>Our own key for an address of ours; null if nobody has the address.</returns>
    public abstract PublicKey? FindPeer(IPAddress address);

    /// <summary>The addresses of a host, best first: those of a name, or the one that it is written as.</summary>
    /// <param name="host">A name, or an address.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="SocketException">The name has no address (<see cref="SocketError.HostNotFound"/>).</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        var found = await _names.FindAsync(host, cancellationToken).ConfigureAwait(false);
        return found.Count > 0 ? found : throw new SocketException((int)SocketError.HostNotFound, $"No address is known for {SafeText.Of(host)}.");
    }

    /// <summary>Opens a TCP connection.</summary>
    /// <param name="remote">
    /// An <see cref="IPEndPoint"/>, or a <see cref="DnsEndPoint"/>, whose name is looked up in the network unless it is an address; of
    /// several addresses the one that answers first is taken (RFC 8305). It may be an address of our own.
    /// </param>
    /// <param name="options">Its timeout and socket options.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ArgumentException">The endpoint is of another kind.</exception>
    /// <exception cref="PeerUnansweredException">The peer that has the address answers no handshake.</exception>
    /// <exception cref="SocketException">
    /// Refused, unreachable or timed out; the name has no address, or none of the IP versions that we have; no port is free, or
    /// there are <see cref="TcpOptions.MaxConnections"/> already.
    /// </exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public async Task<TunnelConnection> ConnectAsync(
        EndPoint remote, ConnectOptions? options = null, CancellationToken cancellationToken = default)
    {
        remote = Host(remote) is DnsEndPoint named ? NamedEndPoint.Of(named.Host, named.Port) : remote; // A host may be written as its address
        using var activity = TunnelActivities.Connect(remote);
        options ??= ConnectOptions.Default;
        try
        {
            var socket = await ConnectTcpAsync(remote, options, cancellationToken).ConfigureAwait(false);
            return Wrap(socket, options.Socket, options.Linger);
        }
        catch (Exception error)
        {
            TunnelActivities.Fail(activity, error);
            throw;
        }
    }

    /// <summary>Takes TCP connections on a port of all our addresses.</summary>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="SocketException">The port is taken.</exception>
    public TunnelListener Listen(int port) => Listen(new IPEndPoint(IPAddress.IPv6Any, port));

    /// <summary>The same on one of our addresses.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <param name="options">The options of its connections' sockets.</param>
    /// <exception cref="SocketException">The address is not ours, or the port is taken there or on all.</exception>
    public TunnelListener Listen(IPEndPoint local, ListenOptions? options = null) =>
        new(this, Driver.ListenTcp(local, options?.Backlog), options ?? ListenOptions.Default);

    /// <summary>Opens a flow of datagrams to a host, from a port of its own.</summary>
    /// <exception cref="SocketException">
    /// None of our addresses is of its IP version, no port is free, or there are <see cref="UdpOptions.MaxFlows"/> already.
    /// </exception>
    public UdpSocket ConnectUdp(IPEndPoint remote) => Driver.ConnectUdp(remote);

    /// <summary>Takes flows of datagrams on a port of one of our addresses, or of all: one for each sender.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">The address is not ours, or the port is taken there or on all.</exception>
    public SocketListener<UdpSocket> ListenUdp(IPEndPoint local) => Driver.ListenUdp(local);

    /// <summary>Sends and takes datagrams on a port, to and from whomever, without a flow for each.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: each stand for all of both IP versions, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">The address is not ours, or the port is taken there or on all.</exception>
    public UdpPort BindUdp(IPEndPoint local) => Driver.BindUdp(local);

    /// <summary>Sends an echo request, and waits for its reply (RFC 792, RFC 4443 §4).</summary>
    /// <param name="host">Its address.</param>
    /// <param name="timeout">More than zero; default 5 seconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The round trip.</returns>
    /// <exception cref="PeerUnansweredException">The peer that has the address answers no handshake.</exception>
    /// <exception cref="SocketException">Timed out or unreachable, or none of our addresses is of its IP version.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<TimeSpan> PingAsync(IPAddress host, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Driver.PingAsync(host, timeout ?? PingPatience, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.TimedOut or SocketError.NetworkUnreachable)
        {
            throw Explain(error, new IPEndPoint(host, 0));
        }
    }

    /// <summary>Ends all of it, and delivers before what connections still hold, for a bounded time.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>The driver, as long as it has not ended.</summary>
    internal abstract StackDriver Driver { get; }

    /// <summary>Looks a name up.</summary>
    internal abstract Task<NameAnswer> LookUpAsync(string host);

    /// <summary>Has all that is sent meanwhile by this thread sent together. The action must not wait for anybody.</summary>
    /// <exception cref="ObjectDisposedException">It has ended.</exception>
    internal abstract void SendTogether<T>(T state, Action<T> action);

    /// <summary>Prepares waits for a local socket by the thread that drives the network; null where there is none that can.</summary>
    internal virtual SocketWatch? TryWatch(Socket socket) => null;

    /// <summary>Says better than a timeout why nobody answers, if more is known.</summary>
    internal virtual SocketException Explain(SocketException error, EndPoint remote) => error;

    internal Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, CancellationToken cancellationToken = default) =>
        Driver.ConnectTcpAsync(remote, cancellationToken);

    /// <inheritdoc cref="StackDriver.ConnectTcpInlineAsync"/>
    internal Task<TcpSocket> ConnectTcpInlineAsync(IPEndPoint remote, CancellationToken cancellationToken) =>
        Driver.ConnectTcpInlineAsync(remote, cancellationToken);

    internal SocketListener<TcpSocket> ListenTcp(int port) => Driver.ListenTcp(port);

    internal SocketListener<TcpSocket> ListenTcp(IPEndPoint local) => Driver.ListenTcp(local);

    internal SocketListener<UdpSocket> ListenUdp(int port) => Driver.ListenUdp(port);

    /// <summary>A connection that has come about, with the options that were asked for.</summary>
    internal TunnelConnection Wrap(TcpSocket socket, TcpSocketOptions? options, TimeSpan linger)
    {
        socket.Options = (options ?? socket.Options) with { Linger = linger };
        return new TunnelConnection(this, socket, FindPeer(socket.RemoteEndPoint.Address));
    }

    private async Task<TcpSocket> ConnectTcpAsync(EndPoint remote, ConnectOptions options, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(options.Timeout, _time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await Dialer.ConnectAsync(remote, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Explain(new SocketException((int)SocketError.TimedOut), remote);
        }
        catch (SocketException error) when (
            error.SocketErrorCode is SocketError.TimedOut or SocketError.HostNotFound or SocketError.NetworkUnreachable)
        {
            throw Explain(error, remote);
        }
    }
}
