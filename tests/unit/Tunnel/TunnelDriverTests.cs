using System.Net;
using Onetun.WireGuard;
using PacketDotNet;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What a tunnel does about sleep, other networks, dead ways and silent peers, in virtual time.</summary>
public sealed class TunnelDriverTests : IDisposable
{
    private static readonly IPAddress OurInside = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress TheirInside = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.1");
    private static readonly IPEndPoint TheirOutside = new(IPAddress.Parse("203.0.113.1"), 51820);

    private readonly OuterWorld _world = new();
    private readonly PrivateKey _ours = PrivateKey.Generate();
    private readonly PrivateKey _theirs = PrivateKey.Generate();
    private readonly VirtualTunnel _there;
    private VirtualTunnel? _here;

    public TunnelDriverTests()
    {
        _there = new VirtualTunnel(_world, _theirs, TheirInside, TheirOutside, seed: 1);
        _there.Add(_ours.PublicKey, endPoint: null);
    }

    public void Dispose()
    {
        _here?.Dispose();
        _there.Dispose();
        _ours.Dispose();
        _theirs.Dispose();
    }

    [Fact]
    public void A_packet_comes_through_after_a_round_trip_and_a_half()
    {
        var here = Start();
        here.Driver.Send(Packet());
        Assert.Equal(3 * OuterWorld.Delay, _world.PassUntil(() => _there.Packets == 1, Seconds(10)));
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(31, true)]
    public void After_a_sleep_of_more_than_30_seconds_the_next_packet_has_a_new_session(int asleep, bool isNew)
    {
        var here = Start();
        Exchange(here);
        var before = here.Peer.LastHandshake;

        _world.Time.Advance(Seconds(asleep));
        here.Asleep += Seconds(asleep);
        Exchange(here);

        Assert.Equal(isNew, here.Peer.LastHandshake != before);
    }

    [Fact]
    public void Waiting_is_no_sleep()
    {
        var here = Start();
        Exchange(here);
        var before = here.Peer.LastHandshake;
        _world.Pass(Seconds(60));
        Exchange(here);
        Assert.Equal(before, here.Peer.LastHandshake);
    }

    [Fact]
    public void At_another_network_the_peer_hears_of_it_within_a_round_trip_and_goes_on_there()
    {
        var here = Start();
        Exchange(here);

        here.MoveTo(Elsewhere);

        Assert.NotNull(_world.PassUntil(() => here.EndPoint.Equals(_there.Peer.EndPoint), 2 * OuterWorld.Delay));
        Assert.Equal(Elsewhere, here.EndPoint.Address);
        var packets = here.Packets;
        _there.Driver.Send(Packet(TheirInside, OurInside));
        Assert.NotNull(_world.PassUntil(() => here.Packets > packets, Seconds(1)));
    }

    [Fact]
    public void A_port_from_which_nothing_arrives_is_left_for_another_that_works()
    {
        var here = Start(keepalive: 25);
        Exchange(here);
        var dead = here.EndPoint;
        _world.Passes = (from, to) => !from.Equals(dead) && !to.Equals(dead);

        here.Driver.Send(Packet());

        // 15 s of silence ask for a handshake, and a second initiation without an answer, 5 s later, for another port
        var moved = _world.PassUntil(() => !here.EndPoint.Equals(dead), Seconds(60));
        Assert.InRange(moved ?? TimeSpan.MaxValue, Seconds(20), Seconds(21));
        Exchange(here);
    }

    [Fact]
    public void While_no_peer_answers_the_port_changes_at_doubling_intervals()
    {
        _there.Dispose();
        var here = Start(keepalive: 25);
        List<double> moves = [];
        var start = _world.Now;
        for (var port = here.EndPoint.Port; moves.Count < 6; port = here.EndPoint.Port)
        {
            Assert.NotNull(_world.PassUntil(() => here.EndPoint.Port != port, Seconds(400)));
            moves.Add((_world.Now - start).TotalSeconds);
        }

        // Each at the first retry, every 5 s, after its time has come
        Assert.All(
            moves.Zip([10.0, 30, 70, 150, 310, 470]), move => Assert.InRange(move.First, move.Second, move.Second + (6 * moves.Count)));
    }

    [Fact]
    public void A_port_that_was_asked_for_is_kept()
    {
        _there.Dispose();
        var here = Start(keepalive: 25, port: 51821);
        _world.Pass(Seconds(120));
        Assert.Equal(51821, here.EndPoint.Port);
    }

    [Fact]
    public void One_of_two_peers_that_is_well_keeps_the_port()
    {
        var here = Start(keepalive: 25);
        using var silent = PrivateKey.Generate();
        here.Driver.WithDevice((device, now) => device.AddPeer(now, new PeerOptions
        {
            PublicKey = silent.PublicKey,
            EndPoint = new IPEndPoint(Elsewhere, 51820),
            AllowedIPs = [],
            PersistentKeepalive = TimeSpan.FromSeconds(25),
        }));
        var port = here.EndPoint.Port;
        _world.Pass(Seconds(120));
        Assert.Equal(port, here.EndPoint.Port);
    }

    [Fact]
    public void What_was_bound_to_an_interface_that_came_back_speaks_to_its_peer_at_once()
    {
        var here = Start();
        Exchange(here);

        here.Driver.OnInterfaceRenewed();

        Assert.NotNull(_world.PassUntil(() => here.EndPoint.Equals(_there.Peer.EndPoint), 2 * OuterWorld.Delay));
    }

    [Fact]
    public void The_timer_keeps_a_quiet_tunnel_alive_by_itself()
    {
        Start(keepalive: 25);
        _world.Pass(Seconds(2));
        var before = _there.Peer.ReceivedBytes;
        _world.Pass(Seconds(100));
        Assert.Equal(4L * 32, _there.Peer.ReceivedBytes - before); // a keepalive is 32 bytes
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    private static byte[] Packet(IPAddress? from = null, IPAddress? to = null)
    {
        var udp = new UdpPacket(1053, 53) { PayloadData = new byte[10] };
        var packet = new IPv4Packet(from ?? OurInside, to ?? TheirInside) { PayloadPacket = udp };
        udp.UpdateCalculatedValues();
        udp.UpdateUdpChecksum();
        packet.UpdateCalculatedValues();
        packet.UpdateIPChecksum();
        return packet.Bytes;
    }

    private VirtualTunnel Start(int keepalive = 0, int port = 0)
    {
        _here = new VirtualTunnel(_world, _ours, OurInside, new IPEndPoint(Home, port), seed: 2);
        _here.Add(_theirs.PublicKey, TheirOutside, keepalive);
        return _here;
    }

    private void Exchange(VirtualTunnel here)
    {
        var before = _there.Packets;
        here.Driver.Send(Packet());
        Assert.NotNull(_world.PassUntil(() => _there.Packets > before, Seconds(10)));
    }
}
