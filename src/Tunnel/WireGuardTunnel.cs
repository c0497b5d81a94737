using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Peers;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel;

/// <summary>
/// A WireGuard peer with a TCP/IP stack of its own, in this process. All members may be called from any thread, and throw
/// <see cref="ObjectDisposedException"/> once it has stopped; its state and statistics can still be read then.
/// </summary>
public sealed partial class WireGuardTunnel : TunnelNetwork
{
    // A name that nobody answers for holds up the start for so long; it is looked up again and again after that.
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(5);

    private readonly TunnelDriver _driver;
    private readonly MovableUdpTransport _transport;
    private readonly TunnelOptions _options;
    private readonly ILogger _logger;
    private readonly TunnelMeter _meter;
    private readonly SystemNames _systemNames;
    private readonly TunnelNames? _tunnelNames;
    private readonly PeerNames _names;
    private NetworkWatch? _network;
    private PeerWatch? _watch;
    private volatile IReadOnlyList<PeerOptions> _peers;
    private bool _stopping;

    private WireGuardTunnel(TunnelDriver driver, MovableUdpTransport transport, TunnelOptions options)
        : base(driver, options.TimeProvider ?? TimeProvider.System, options.CreateLogger())
    {
        (_driver, _transport, _options, _peers) = (driver, transport, options, options.Peers);
        _logger = options.CreateLogger();
        _meter = new TunnelMeter(options.MeterFactory, driver);
        _systemNames = new SystemNames(options.Resolve);
        _names = new PeerNames(options.Peers);
        if (options.Dns.Count > 0)
        {
            _tunnelNames = new TunnelNames(
                this, options.Dns, [.. Addresses.Select(ours => ours.Address)], searchDomains: options.SearchDomains);
        }
    }

    /// <summary>
    /// Where the UDP socket is bound. A port that was not asked for changes when handshakes stay unanswered.
    /// </summary>
    public IPEndPoint LocalEndPoint => _transport.LocalEndPoint;

    /// <inheritdoc/>
    public override PublicKey PublicKey => _driver.WithDevice((device, _) => device.PublicKey);

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
    public static async Task<WireGuardTunnel> StartAsync(TunnelOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var tunnel = Begin(options);
        try
        {
            await tunnel.WaitForNamesAsync(cancellationToken).ConfigureAwait(false);
            return tunnel;
        }
        catch
        {
            await tunnel.StopAsync(TimeSpan.Zero).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Starts without waiting for the names of peers, which <see cref="WaitForNamesAsync"/> does; throws as <see cref="StartAsync"/>.</summary>
    internal static WireGuardTunnel Begin(TunnelOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfZero(options.Peers.Count, nameof(options.Peers));
        if (options.Addresses.Any(one => one.Address.AddressFamily == AddressFamily.InterNetworkV6))
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(options.Mtu, 1280, nameof(options.Mtu)); // RFC 8200 §5
        }

        var tunnel = Start(options, options.Transport.BindEndPoint ?? UdpTransportOptions.Anywhere(0), bind => UdpTransport.Create(bind, options.Transport));
        try
        {
            tunnel._network = NetworkWatch.For(tunnel._driver, options.Transport.Route);
            tunnel._watch = PeerWatch.Of(
                tunnel._driver, options, new NameCache(tunnel._systemNames.LookupAsync, tunnel.Time), tunnel._names);
            return tunnel;
        }
        catch
        {
            tunnel._driver.Dispose();
            throw;
        }
    }

    /// <summary>Ends when the names of all peers have been looked up, or have taken too long.</summary>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    internal async Task WaitForNamesAsync(CancellationToken cancellationToken)
    {
        await _watch!.FirstLook.WaitAsync(NamePatience, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
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
        var time = TickTime.Of(options.TimeProvider);
        var device = new Device(
            new DeviceOptions { PrivateKey = options.PrivateKey, Mtu = options.Mtu, AeadLibrary = options.AeadLibrary },
            new SystemEnvironment(time));
        MovableUdpTransport? transport = null;
        TunnelDriver? driver = null;
        try
        {
            foreach (var peer in options.Peers)
            {
                device.AddPeer(new TimeSpan(time.GetTimestamp()), peer.Resolved());
            }

            transport = new MovableUdpTransport(bind, open);
            driver = new TunnelDriver(stack, device, transport, new DriverOptions
            {
                Time = time,
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
    internal override void SendTogether<T>(T state, Action<T> action) => Driver.InOneTurn(state, action);

    /// <inheritdoc cref="TunnelDriver.TryWatch"/>
    internal override SocketWatch? TryWatch(Socket socket) => _driver.TryWatch(socket);

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

    /// <inheritdoc/>
    public override PublicKey? FindPeer(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        address = MappedAddress.Unmap(address);
        return Addresses.Any(ours => ours.Address.Equals(address))
            ? PublicKey
            : _driver.WithDevice((device, _) => device.FindRoute(address)?.PublicKey);
    }

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
                await EndForwardsAsync().ConfigureAwait(false);
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

            await EndForwardsAsync().ConfigureAwait(false);
            _network?.Dispose();
            if (_watch is not null)
            {
                await _watch.DisposeAsync().ConfigureAwait(false);
            }

            _driver.Dispose();
            _meter.Dispose();
        }
    }

    /// <summary>Tells the log of a tunnel that nobody has disposed: its socket, thread and keys are still there.</summary>
    ~WireGuardTunnel()
    {
        if (!_stopping)
        {
            _logger.Forgotten(_driver.LocalEndPoint);
        }
    }

    /// <summary>Stops within <see cref="TunnelOptions.DisposeTimeout"/>.</summary>
    public override async ValueTask DisposeAsync()
    {
        await StopAsync(_options.DisposeTimeout).ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    private sealed class Watching(TunnelDriver driver, IPacketTap tap) : IDisposable
    {
        public void Dispose() => driver.Remove(tap);
    }

    private void Inject(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > _options.Mtu)
        {
            throw new ArgumentException($"The packet has {packet.Length} bytes, and the MTU of the tunnel is {_options.Mtu}.", nameof(packet));
        }

        Send(packet);
    }

    /// <inheritdoc/>
    internal override TunnelDriver Driver
    {
        get
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            return _driver;
        }
    }

    /// <inheritdoc/>
    internal override Task<NameAnswer> LookUpAsync(string host) =>
        _tunnelNames is null ? _systemNames.LookupAsync(host) : _tunnelNames.LookupAsync(host);

    /// <inheritdoc/>
    internal override SocketException Explain(SocketException error, EndPoint remote) => error.SocketErrorCode switch
    {
        SocketError.NetworkUnreachable => remote is IPEndPoint { Address: var address } && FindPeer(address) is null
            ? new SocketException((int)SocketError.NetworkUnreachable, $"No peer has {address} in its AllowedIPs.")
            : error,
        SocketError.HostNotFound when _tunnelNames is null => error, // The system's names have nothing to do with the peers
        _ when FindSilent(remote) is { } silent => Unanswered(silent),
        _ => error,
    };

    private PeerUnansweredException Unanswered(in PeerStatistics silent) => new(
        silent.PublicKey, silent.EndPoint ?? (EndPoint?)_names.Find(silent.PublicKey), silent.HandshakeAttempts);

    /// <summary>The peer that has an address if it does not answer; where it is by name, any of them if none answers.</summary>
    private PeerStatistics? FindSilent(EndPoint remote)
    {
        if (remote is IPEndPoint known)
        {
            var key = FindPeer(known.Address);
            return FirstSilent(peer => peer == key);
        }

        return Peers.Any(peer => peer.HasSession) ? null : FirstSilent(static _ => true);
    }

    private PeerStatistics? FirstSilent(Func<PublicKey, bool> isMeant) =>
        Peers.Where(peer => !peer.HasSession && isMeant(peer.PublicKey)).Select(peer => (PeerStatistics?)peer).FirstOrDefault();
}
