using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;
using PacketDotNet;
using Xunit;
using EcnField = Onetun.WireGuard.EcnField;
using ReadResult = System.IO.Pipelines.ReadResult;

namespace Onetun.Tunnel.Tests;

/// <summary>A tunnel over a path whose routers mark (RFC 6040).</summary>
public sealed class EcnTunnelTests : IDisposable
{
    private static readonly InterfaceAddress[] OurAddresses = [IPAddress.Parse("10.0.0.2"), IPAddress.Parse("fd00::2")];

    private readonly CancellationTokenSource _patience = new(TimeSpan.FromSeconds(30));
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private readonly MarkingPeer _peer;

    public EcnTunnelTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        _peer = new MarkingPeer(_theirs, _ours.PublicKey, _patience.Token);
    }

    public void Dispose()
    {
        _peer.Dispose();
        _ours.Dispose();
        _theirs.Dispose();
        _patience.Dispose();
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2")]
    [InlineData("fd00::1", "fd00::2")]
    public async Task Mark_from_the_way_arrives_in_the_packet_and_in_a_capture_and_what_cannot_be_marked_is_dropped(
        string from, string to)
    {
        var tap = new Tap();
        await using var tunnel = await WireGuardTunnel.StartAsync(
            new TunnelOptions
            {
                PrivateKey = _ours,
                Addresses = OurAddresses,
                Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
                DisposeTimeout = TimeSpan.Zero,
                Peers = [new PeerOptions { PublicKey = _theirs.PublicKey, EndPoint = _peer.EndPoint }],
                Taps = [tap],
            },
            _patience.Token);
        await using var listener = tunnel.ListenUdp(53);
        tunnel.SendKeepalive(_theirs.PublicKey);
        _peer.AwaitSession();

        var able = Datagram(from, to, EcnField.Ect0, "able");
        var last = Datagram(from, to, EcnField.NotEct, "last");
        _peer.Send(able, EcnField.Ce);
        _peer.Send(Datagram(from, to, EcnField.NotEct, "lost"), EcnField.Ce);
        _peer.Send(last, EcnField.NotEct);

        await using var flow = await listener.AcceptOneAsync(_patience.Token);
        Assert.Equal("able", await ReadAsync(flow));
        Assert.Equal("last", await ReadAsync(flow));
        Assert.Equal([Datagram(from, to, EcnField.Ce, "able"), last], tap.Inbound);
        Assert.Equal(1L, tunnel.GetStatistics().Received[DatagramOutcome.Congested]);
    }

    [Theory]
    [InlineData("10.0.0.2", "10.0.0.1", EcnField.Ect0)]
    [InlineData("10.0.0.2", "10.0.0.1", EcnField.NotEct)]
    [InlineData("fd00::2", "fd00::1", EcnField.Ect0)]
    [InlineData("fd00::2", "fd00::1", EcnField.Ect1)]
    public void Field_of_a_packet_is_that_of_its_datagram_on_the_way(string from, string to, EcnField field)
    {
        var device = new Device(new DeviceOptions { PrivateKey = _ours }, new SystemEnvironment(Clock.Instance));
        var stack = new IpStack(new IpStackOptions { Addresses = OurAddresses, Secret = new byte[32] });
        using var driver = new TunnelDriver(stack, device, LoopbackPair.Movable(new IPEndPoint(IPAddress.Loopback, 0)), new DriverOptions());
        driver.Start();
        var packet = Datagram(from, to, field, "there");
        var slot = new byte[device.Mtu + 64];
        packet.CopyTo(slot, Device.HeaderLength);

        driver.WithDevice((_, now) =>
        {
            device.AddPeer(now, new PeerOptions
            {
                PublicKey = _theirs.PublicKey,
                EndPoint = _peer.EndPoint,
                AllowedIPs = [new IPNetwork(IPAddress.Parse(to), to.Contains('.', StringComparison.Ordinal) ? 32 : 128)],
            });
            Assert.Equal(SendOutcome.Staged, device.Send(now, slot, packet.Length, out var _, out var _, out var _));
        });

        Assert.Equal(field, _peer.AwaitPacket());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_whose_packets_are_marked_slows_down_and_one_without_ecn_has_none_marked(bool ecn)
    {
        await using var far = await StartAsync(_theirs, "10.0.0.1", _ours.PublicKey, null, ecn);
        using var relay = new MarkingRelay(far.LocalEndPoint);
        await using var near = await StartAsync(_ours, "10.0.0.2", _theirs.PublicKey, relay.EndPoint, ecn);
        await using var listener = far.ListenTcp(80);
        await using var client = await near.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.1:80"), _patience.Token);
        await using var server = await listener.AcceptOneAsync(_patience.Token);

        var sent = new byte[2_000_000];
        new Random(3168).NextBytes(sent);
        var sending = client.AsStream().WriteAsync(sent, _patience.Token);
        var received = new byte[sent.Length];
        await server.AsStream().ReadExactlyAsync(received, _patience.Token);
        await sending;
        Assert.Equal(sent, received);
        Assert.Equal((ecn, ecn), (relay.Marked > 0, client.GetStatistics().MarkReductions > 0));
    }

    private Task<WireGuardTunnel> StartAsync(PrivateKey key, string address, PublicKey peer, IPEndPoint? endPoint, bool ecn) =>
        WireGuardTunnel.StartAsync(
            new TunnelOptions
            {
                PrivateKey = key,
                Addresses = [IPAddress.Parse(address)],
                Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
                DisposeTimeout = TimeSpan.Zero,
                Peers = [new PeerOptions { PublicKey = peer, EndPoint = endPoint }],
                Tcp = new TcpOptions { ExplicitCongestionNotification = ecn },
            },
            _patience.Token);

    private async Task<string> ReadAsync(UdpSocket flow)
    {
        var read = await flow.Input.ReadAsync(_patience.Token);
        var text = Encoding.ASCII.GetString(read.Buffer);
        flow.Input.AdvanceTo(read.Buffer.End);
        return text;
    }

    private static byte[] Datagram(string from, string to, EcnField field, string payload)
    {
        var udp = new UdpPacket(1053, 53) { PayloadData = Encoding.ASCII.GetBytes(payload) };
        var source = IPAddress.Parse(from);
        var destination = IPAddress.Parse(to);
        IPPacket ip = source.AddressFamily == AddressFamily.InterNetwork
            ? new IPv4Packet(source, destination) { TypeOfService = (int)field, PayloadPacket = udp }
            : new IPv6Packet(source, destination) { TrafficClass = (int)field, PayloadPacket = udp };
        udp.UpdateCalculatedValues();
        udp.UpdateUdpChecksum();
        ip.UpdateCalculatedValues();
        (ip as IPv4Packet)?.UpdateIPChecksum();
        return ip.Bytes;
    }

    private sealed class Tap : IPacketTap
    {
        public ConcurrentQueue<byte[]> Inbound { get; } = new();

        public void OnPacket(in TappedPacket packet)
        {
            if (packet.Direction == PacketDirection.Inbound)
            {
                Inbound.Enqueue(packet.Bytes.ToArray());
            }
        }
    }
}
