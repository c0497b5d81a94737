using System.Net;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>A tunnel in an <see cref="OuterWorld"/>: a real driver, device and stack, with no thread of its own.</summary>
internal sealed class VirtualTunnel : IPacketTap, IDisposable
{
    private readonly OuterWorld _world;
    private readonly MovableUdpTransport _transport;
    private readonly ReceiveBatch _batch;
    private IPAddress _address;

    public VirtualTunnel(OuterWorld world, PrivateKey key, IPAddress inside, IPEndPoint outside, int seed)
    {
        _world = world;
        _address = outside.Address;
        var device = new Device(new DeviceOptions { PrivateKey = key }, new SeededEnvironment(world.Time, seed));
        var stack = new IpStack(new IpStackOptions { Addresses = [inside], Secret = new byte[32] });
        _transport = new MovableUdpTransport(
            outside, bind => world.Open(new IPEndPoint(_address, bind.Port), Receive));
        _batch = _transport.CreateReceiveBatch();
        Driver = new TunnelDriver(stack, device, _transport, new DriverOptions
        {
            Time = world.Time,
            TimeAsleep = () => Asleep,
            Taps = [this],
        });
    }

    public TunnelDriver Driver { get; }

    /// <summary>How long the machine has slept.</summary>
    public TimeSpan Asleep { get; set; }

    public IPEndPoint EndPoint => _transport.LocalEndPoint;

    /// <summary>Inner packets that came.</summary>
    public int Packets { get; private set; }

    public PeerStatistics Peer => Driver.ReadPeers().Single();

    public void Add(PublicKey peer, IPEndPoint? endPoint, int keepalive = 0) => Driver.WithDevice((device, now) => device.AddPeer(
        now,
        new PeerOptions
        {
            PublicKey = peer,
            EndPoint = endPoint,
            AllowedIPs = [new IPNetwork(IPAddress.Any, 0)],
            PersistentKeepalive = TimeSpan.FromSeconds(keepalive),
        }));

    /// <summary>The machine is somewhere else from now on, and the system says so.</summary>
    public void MoveTo(IPAddress address)
    {
        _address = address;
        _transport.Renew();
        Driver.OnNetworkMoved();
    }

    public void OnPacket(in TappedPacket packet) =>
        Packets += packet.Direction == PacketDirection.Inbound ? 1 : 0;

    public void Dispose()
    {
        Driver.Dispose();
        _batch.Dispose();
    }

    private void Receive(IPEndPoint from, byte[] datagram)
    {
        _batch.Clear();
        datagram.CopyTo(_batch.Slot(0));
        _batch.Add(0, datagram.Length, 0, UdpEndPoint.From(from));
        Driver.HaveRound(_batch);
    }

    private sealed class SeededEnvironment(TimeProvider time, int seed) : IEnvironment
    {
        private readonly Random _random = new(seed);

        public DateTime UtcNow => time.GetUtcNow().UtcDateTime;

        public void Fill(Span<byte> buffer) => _random.NextBytes(buffer);
    }
}
