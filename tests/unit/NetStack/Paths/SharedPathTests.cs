using System.Net;

namespace Onetun.NetStack.Tests;

/// <summary>What is found of a path that many hosts share, as that to a WireGuard peer is: RFC 4821, RFC 8899.</summary>
public sealed class SharedPathTests
{
    private readonly NetworkPath _path = new();

    // The client has next to nothing to send, and the server's TCP would take longer to find out by itself
    [Fact]
    public void Host_that_sends_is_told_what_the_path_carries()
    {
        var network = Narrow(1240);
        (var client, var server) = network.Connect();
        var down = network.Send(server, client, 1_000_000);
        network.Run(TimeSpan.FromSeconds(3.6));
        Assert.Equal(1232, _path.Mtu);
        Assert.Equal(1232 - 20 - 20 - 12, server.Sender.SegmentSize);
        network.RunUntil(() => down.IsDone, TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Connections_cross_a_narrow_path_both_ways(bool ipv6)
    {
        var network = Narrow(1240, ipv6);
        (var client, var server) = network.Connect();
        var up = network.Send(client, server, 1_000_000);
        var down = network.Send(server, client, 1_000_000);
        network.RunUntil(() => up.IsDone && down.IsDone, TimeSpan.FromSeconds(20));
        Assert.Equal(1232, _path.Mtu);

        var dropped = network.Upstream.Dropped + network.Downstream.Dropped;
        (client, server) = network.Connect(81);
        (up, down) = (network.Send(client, server, 1_000_000), network.Send(server, client, 1_000_000));
        network.RunUntil(() => up.IsDone && down.IsDone, TimeSpan.FromSeconds(2));
        Assert.Equal(dropped, network.Upstream.Dropped + network.Downstream.Dropped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Datagrams_are_cut_to_a_narrow_path(bool ipv6)
    {
        var network = Narrow(1240, ipv6);
        var queue = network.Server.Udp.Listen(53)!;
        var flow = network.Client.ConnectUdp(IpAddress.From(network.Server.Options.Addresses[0].Address), 53)!;
        network.Client.Udp.Send(flow, new byte[1350]);
        network.Run(TimeSpan.FromSeconds(4));
        Assert.False(queue.TryAccept(out _));
        Assert.Equal(1232, _path.Mtu);

        network.Client.Udp.Send(flow, new byte[1350]);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.True(queue.TryAccept(out var received));
        Assert.Equal(1350, received.Peek().Length);
        if (!ipv6)
        {
            network.Server.Udp.Send(received, new byte[1350]); // It was told; in IPv6 it has to find out
            network.Run(TimeSpan.FromSeconds(1));
            Assert.True(flow.HasDatagram);
        }
    }

    // Two requests and two answers, and no more for ten minutes
    [Fact]
    public void Offer_in_IPv6_is_small_until_the_path_is_known()
    {
        var network = Narrow(1420, ipv6: true);
        (var client, var server) = network.Connect();
        Assert.Equal(PathMtus.Base - 40 - 20 - 12, server.Sender.SegmentSize);
        Assert.Equal(1420 - 40 - 20 - 12, client.Sender.SegmentSize);

        network.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(1420 - 40 - 20 - 12, network.Connect(81).Server.Sender.SegmentSize);
    }

    [Fact]
    public void Path_that_carries_all_is_asked_once()
    {
        var network = Narrow(1420);
        var echoes = 0;
        network.Upstream.Options = network.Upstream.Options with { Swallows = packet => IsEcho(packet) && ++echoes < 0 };
        for (ushort port = 80; port < 90; port++)
        {
            network.Connect(port);
        }

        network.Run(PathMtus.Lifetime - TimeSpan.FromMinutes(1));
        network.Connect(90);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.Null(_path.Mtu);
        Assert.Equal(2, echoes);
    }

    [Fact]
    public void Path_to_a_host_that_answers_no_echo_is_not_taken_for_narrow()
    {
        var network = Narrow(1420, swallows: IsEcho);
        network.Connect();
        network.Run(TimeSpan.FromMinutes(1));
        Assert.Null(_path.Mtu);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Firewall_that_drops_long_echoes_alone_makes_no_path_narrow(bool up)
    {
        var network = Narrow(1420, swallows: packet => IsEcho(packet) && packet.Length > 1000);
        (var client, var server) = network.Connect();
        var transfer = up ? network.Send(client, server, 10_000) : network.Send(server, client, 10_000);
        network.Run(TimeSpan.FromSeconds(10));
        Assert.True(transfer.IsDone);
        Assert.Null(_path.Mtu);
    }

    [Fact]
    public void Path_is_wide_again_once_a_later_look_says_so()
    {
        var network = Narrow(1240);
        network.Connect();
        network.Run(TimeSpan.FromSeconds(4));
        Assert.Equal(1232, _path.Mtu);

        network.Upstream.Options = network.Downstream.Options = new LinkOptions();
        network.Run(PathMtus.Lifetime);
        network.Connect(81);
        network.Run(TimeSpan.FromSeconds(1));
        Assert.Null(_path.Mtu);
        Assert.Equal(1420 - 20 - 20 - 12, network.Connect(82).Client.Sender.SegmentSize);
    }

    [Fact]
    public void Loss_alone_costs_a_path_little()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var path = new NetworkPath();
            var network = new VirtualNetwork(new LinkOptions { Loss = 0.1 }, seed: seed);
            network.Client.PathOf = _ => path;
            network.Connect();
            network.Run(TimeSpan.FromSeconds(10));
            Assert.InRange(path.Mtu ?? 1420, 1360, 1420);
        }
    }

    private static bool IsEcho(byte[] packet) => packet[9] == IpProtocol.Icmp;

    private VirtualNetwork Narrow(int mtu, bool ipv6 = false, Func<byte[], bool>? swallows = null)
    {
        var network = new VirtualNetwork(
            new LinkOptions { Rate = 20e6, Mtu = mtu, Swallows = swallows }, ipv6: ipv6);
        network.Client.PathOf = _ => _path;
        return network;
    }
}
