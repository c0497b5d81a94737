using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A WireGuard peer with a TCP/IP stack of its own, in this process. All members may be called from any thread, and throw
/// <see cref="ObjectDisposedException"/> once it has stopped; its state and statistics can still be read then.
/// </summary>
public sealed class WireGuardTunnel : IAsyncDisposable
{
    private readonly TunnelDriver _driver;
    private readonly MovableUdpTransport _transport;
    private readonly TimeSpan _disposeTimeout;
    private readonly int _mtu;
    private NetworkWatch? _network;
    private IReadOnlyList<PeerOptions> _peers;
    private bool _stopping;

    private WireGuardTunnel(TunnelDriver driver, MovableUdpTransport transport, TunnelOptions options)
    {
        _peers = options.Peers;
        _disposeTimeout = options.DisposeTimeout;
        _mtu = options.Mtu;
        _driver = driver;
        _transport = transport;
    }

    /// <summary>
    /// Where the UDP socket is bound. A port that was not asked for changes when handshakes stay unanswered.
    /// </summary>
    public IPEndPoint LocalEndPoint => _transport.LocalEndPoint;

    /// <summary>The library that encrypts packets: the one asked for, or libsodium if that is not available.</summary>
    public AeadLibrary AeadLibrary => _driver.WithDevice((device, _) => device.AeadLibrary);

    /// <summary>What <c>wg show</c> tells, peer by peer.</summary>
    public IReadOnlyList<PeerStatistics> Peers => _driver.ReadPeers();

    /// <summary>What it has done since it started, and what it dropped.</summary>
    public TunnelStatistics GetStatistics() => _driver.GetStatistics();

    /// <summary>The TCP connections inside it as they stand, those whose peers were heard last first, and those in TIME-WAIT last.</summary>
    /// <param name="most">No more than these; all are counted in <see cref="GetStatistics"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public IReadOnlyList<TcpConnectionStatistics> GetTcpConnections(int most) => _driver.GetTcpConnections(most);

    /// <summary>Binds the UDP socket and starts. Handshakes start with the first packet, or with persistent keepalive.</summary>
    /// <exception cref="ArgumentException">
    /// There is no peer, a peer is there twice, its key is missing or our own, or an option is out of its range.
    /// </exception>
    /// <exception cref="SocketException">The UDP socket cannot be bound.</exception>
    /// <exception cref="ObjectDisposedException">A key is disposed.</exception>
    public static Task<WireGuardTunnel> StartAsync(TunnelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfZero(options.Peers.Count, nameof(options.Peers));
        if (options.Addresses.Any(one => one.Address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.Mtu, 1280, nameof(options.Mtu)); // RFC 8200 §5
        }

        var tunnel = Start(options, options.Transport.BindEndPoint ?? Any, bind => UdpTransport.Create(bind, options.Transport));
        try
        {
            tunnel._network = NetworkWatch.For(tunnel._driver, options.Transport.Route);
            return Task.FromResult(tunnel);
        }
        catch
        {
            tunnel._driver.Dispose();
            throw;
        }
    }

    /// <summary>Starts with a transport of one's own, and somebody who hears what each datagram was.</summary>
    /// <exception cref="SocketException">What <paramref name="open"/> throws.</exception>
    internal static WireGuardTunnel Start(
        TunnelOptions options, IPEndPoint bind, Func<IPEndPoint, IUdpTransport> open, Action<DatagramOutcome>? heard = null)
    {
        var secret = new byte[32];
        SystemRandom.Fill(secret);
        var stack = new IpStack(new IpStackOptions
        {
            Addresses = options.Addresses,
            Secret = secret,
            Mtu = options.Mtu,
            Tcp = options.Tcp,
            Udp = options.Udp,
        });
        var device = new Device(
            new DeviceOptions { PrivateKey = options.PrivateKey, Mtu = options.Mtu, AeadLibrary = options.AeadLibrary },
            new SystemEnvironment(Clock.Instance));
        MovableUdpTransport? transport = null;
        TunnelDriver? driver = null;
        try
        {
            foreach (var peer in options.Peers)
            {
                device.AddPeer(Clock.Now, peer);
            }

            transport = new MovableUdpTransport(bind, open);
            driver = new TunnelDriver(stack, device, transport, new DriverOptions
            {
                Taps = options.Taps,
                SourceFor = destination => NetworkWatch.SourceFor(destination, options.Transport.Route),
                Faulted = options.Faulted,
                Heard = heard,
            });
            driver.Start();
            return new WireGuardTunnel(driver, transport, options);
        }
        catch
        {
            driver?.Dispose();
            transport?.Dispose();
            device.Dispose();
            throw;
        }
    }

    /// <summary>Has all that is sent meanwhile by this thread sent together. The action must not wait for anybody.</summary>
    /// <exception cref="ObjectDisposedException">It has stopped.</exception>
    internal void SendTogether<T>(T state, Action<T> action) => Driver.InOneTurn(state, action);

    /// <inheritdoc cref="TunnelDriver.TryWatch"/>
    internal SocketWatch? TryWatch(Socket socket) => _driver.TryWatch(socket);

    /// <inheritdoc cref="StackDriver.ConnectTcpInlineAsync"/>
    internal Task<TcpSocket> ConnectTcpInlineAsync(IPEndPoint remote, CancellationToken cancellationToken) =>
        Driver.ConnectTcpInlineAsync(remote, cancellationToken);

    /// <summary>
    /// Has somebody watch what passes, from now on, until it throws. If it wants the keys of handshakes, a handshake begins with every
    /// peer that has a session, so that what follows can be read.
    /// </summary>
    /// <returns>To be disposed when it is to see no more; the tap itself is not disposed.</returns>
    /// <exception cref="ObjectDisposedException">It has stopped.</exception>
    public IDisposable AddTap(IPacketTap tap)
    {
        ArgumentNullException.ThrowIfNull(tap);
        Driver.Add(tap);
        return new Watching(_driver, tap);
    }

    /// <summary>
    /// Makes a live device of SharpPcap out of what passes, for programs that take packets from one; it watches while it is open. It
    /// does not end with the tunnel: it then just sees no more.
    /// </summary>
    /// <param name="name">Its name. Default <c>onetun</c>.</param>
    /// <param name="layers">Inner packets, the default, datagrams, or both.</param>
    /// <exception cref="ArgumentException">There is no layer of packets, or there are keys, which are no packets.</exception>
    public LiveTap CreateLiveTap(string name = "onetun", TapLayers layers = TapLayers.Inner) => new(name, AddTap, Inject, layers);

    /// <summary>Sends a packet past the stack, as it is; what answers it passes the tap.</summary>
    internal void Send(ReadOnlySpan<byte> packet) => Driver.Send(packet);

    /// <summary>Ends when the driver has shown that it goes on: by the lock, and by a round where a thread has them.</summary>
    internal Task ProveAliveAsync() => _driver.NextRoundAsync();

    /// <summary>
    /// Makes these the peers. Sessions and connections of those that stay go on; one that has roamed stays where it is, unless
    /// its configured endpoint has changed. A preshared key counts from the next handshake on.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// Nothing has changed: a peer is there twice, its key is missing or our own, or an option is out of its range.
    /// </exception>
    public void SetPeers(IReadOnlyList<PeerOptions> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        if (peers.GroupBy(peer => peer.PublicKey).FirstOrDefault(alike => alike.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Peer {twice.Key} is there twice.", nameof(peers));
        }

        Driver.WithDevice((device, now) =>
        {
            PeerChanges.Apply(device, now, _peers, peers);
            _peers = peers;
        });
    }

    /// <summary>Sends to a peer at another address from now on, until it is heard from elsewhere.</summary>
    /// <returns>False if there is no such peer.</returns>
    public bool SetEndPoint(PublicKey peer, IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Driver.WithDevice((device, now) =>
        {
            if (device.FindPeer(peer) is not { } target)
            {
                return false;
            }

            device.SetEndPoint(now, target, UdpEndPoint.From(endPoint));
            return true;
        });
    }

    /// <summary>
    /// Sends a peer an empty packet, and for that begins a handshake where there is no session: from then on the peer
    /// knows where we are. Nothing is sent to one that has no endpoint yet.
    /// </summary>
    /// <returns>False if there is no such peer.</returns>
    public bool SendKeepalive(PublicKey peer) => Driver.WithDevice((device, now) =>
    {
        if (device.FindPeer(peer) is not { } target)
        {
            return false;
        }

        device.SendKeepalive(now, target);
        return true;
    });

    /// <summary>
    /// Changes our static key, which is not disposed. Handshakes use the new one from now on, so that peers have to know its public
    /// key; on the sessions there are, packets are still received. A peer that has this key is removed.
    /// </summary>
    public void SetPrivateKey(PrivateKey privateKey)
    {
        ArgumentNullException.ThrowIfNull(privateKey);
        Driver.WithDevice((device, _) => device.SetPrivateKey(privateKey));
    }

    /// <summary>Opens a connection to a host behind the tunnel.</summary>
    /// <param name="remote">Its address and port; not port 0.</param>
    /// <param name="cancellationToken">Aborts the attempt.</param>
    /// <exception cref="SocketException">
    /// Refused, unreachable or timed out (after <see cref="TcpOptions.HandshakeTimeout"/>, a minute); or none of our addresses is of
    /// its IP version, no port is free, or there are <see cref="TcpOptions.MaxConnections"/> already; or the tunnel is disposed
    /// meanwhile.
    /// </exception>
    /// <exception cref="OperationCanceledException">The attempt was cancelled.</exception>
    public Task<TcpSocket> ConnectTcpAsync(IPEndPoint remote, CancellationToken cancellationToken = default) =>
        Driver.ConnectTcpAsync(remote, cancellationToken);

    /// <summary>Listens on all our addresses inside the tunnel.</summary>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="SocketException">The port is taken.</exception>
    public SocketListener<TcpSocket> ListenTcp(int port) => Driver.ListenTcp(port);

    /// <summary>The same on one of our addresses.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: stand for all, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">The address is not ours, or the port is taken there or on all.</exception>
    public SocketListener<TcpSocket> ListenTcp(IPEndPoint local) => Driver.ListenTcp(local);

    /// <summary>Opens a flow of datagrams to a host behind the tunnel, from a port of its own.</summary>
    /// <exception cref="SocketException">
    /// None of our addresses is of its IP version, no port is free, or there are <see cref="UdpOptions.MaxFlows"/> already.
    /// </exception>
    public UdpSocket ConnectUdp(IPEndPoint remote) => Driver.ConnectUdp(remote);

    /// <summary>Takes datagrams on a port of all our addresses inside the tunnel.</summary>
    /// <param name="port">0 to 65,535; 0 takes any free one.</param>
    /// <exception cref="ArgumentOutOfRangeException">The port is out of range.</exception>
    /// <exception cref="SocketException">The port is taken.</exception>
    public SocketListener<UdpSocket> ListenUdp(int port) => Driver.ListenUdp(port);

    /// <summary>The same on one of our addresses.</summary>
    /// <param name="local">The address, where 0.0.0.0 and :: stand for all, and the port; 0 takes any free one.</param>
    /// <exception cref="SocketException">The address is not ours, or the port is taken there or on all.</exception>
    public SocketListener<UdpSocket> ListenUdp(IPEndPoint local) => Driver.ListenUdp(local);

    /// <summary>
    /// Disposes all sockets, and lets connections deliver what they still hold for at most the time given, all together; then
    /// resets what is left, zeroes keys and closes the UDP socket. With no time all connections are reset at once, and a
    /// second call ends the first.
    /// </summary>
    /// <param name="drain">Zero or less is no time; <see cref="TimeSpan.MaxValue"/> is no limit.</param>
    public async Task StopAsync(TimeSpan drain)
    {
        try
        {
            if (!Interlocked.Exchange(ref _stopping, true) && drain > TimeSpan.Zero)
            {
                _driver.CloseAll();
                await _driver.DrainAsync(drain).ConfigureAwait(false);
            }
        }
        finally
        {
            if (_driver.IsOnItsThread)
            {
                // Of a socket that continues inline: that thread cannot wait for its own end
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            _network?.Dispose();
            _driver.Dispose();
        }
    }

    /// <summary>Stops within <see cref="TunnelOptions.DisposeTimeout"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(_disposeTimeout).ConfigureAwait(false);

    private sealed class Watching(TunnelDriver driver, IPacketTap tap) : IDisposable
    {
        public void Dispose() => driver.Remove(tap);
    }

    private void Inject(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > _mtu)
        {
            throw new ArgumentException($"The packet has {packet.Length} bytes, and the MTU of the tunnel is {_mtu}.", nameof(packet));
        }

        Send(packet);
    }

    private TunnelDriver Driver
    {
        get
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            return _driver;
        }
    }

    private static IPEndPoint Any => new(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
}
