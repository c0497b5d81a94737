using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>Hosts of a virtual network reach each other as hosts in a tunnel do.</summary>
public sealed class VirtualNetworkTests
{
    [Fact]
    public async Task Connection_echoes_in_virtual_time()
    {
        await using var scene = new Scene();
        var question = Scene.Bytes(100_000);
        Assert.Equal(question, await scene.Network.RunAsync(Echo.AskAsync(scene.App, scene.Target, question)));
    }

    [Fact]
    public async Task Connection_echoes_in_real_time()
    {
        await using var network = new VirtualNetwork();
        var (app, server) = (network.AddHost("app"), network.AddHost("server"));
        var serving = Echo.ServeAsync(server.Listen(7));
        var question = Scene.Bytes(1_000_000);
        Assert.Equal(question, await Echo.AskAsync(app, new DnsEndPoint("server", 7), question).WaitAsync(Scene.Patience));
        await network.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task Connections_beyond_the_backlog_wait_until_others_are_accepted()
    {
        await using var scene = new Scene();
        await using var listener = scene.Server.Listen(new IPEndPoint(scene.Target.Address, 9000), new ListenOptions { Backlog = 1 });
        await scene.Network.RunAsync(async () =>
        {
            await using var first = await scene.App.ConnectAsync(listener.LocalEndPoint);
            var late = await Assert.ThrowsAsync<SocketException>(
                () => scene.App.ConnectAsync(listener.LocalEndPoint, new ConnectOptions { Timeout = TimeSpan.FromSeconds(10) }));
            Assert.Equal(SocketError.TimedOut, late.SocketErrorCode);
            await using var accepted = await listener.AcceptAsync();
            await using var second = await scene.App.ConnectAsync(listener.LocalEndPoint);
        });
    }

    [Fact]
    public async Task Datagram_echoes_in_virtual_time()
    {
        await using var scene = new Scene();
        var serving = Echo.ServeUdpAsync(scene.Server, 53);
        await using var flow = scene.App.ConnectUdp(new IPEndPoint(scene.Target.Address, 53));
        flow.Send([1, 2, 3]);
        var took = await scene.TimeAsync(async () => Assert.Equal([1, 2, 3], (await flow.Input.ReadAsync()).Buffer.ToArray()));
        Assert.Equal(TimeSpan.FromMilliseconds(20), took);
        await scene.Network.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task Datagram_echoes_in_real_time()
    {
        await using var network = new VirtualNetwork();
        var (app, server) = (network.AddHost("app"), network.AddHost("server"));
        var serving = Echo.ServeUdpAsync(server, 53);
        await using var flow = app.ConnectUdp(new IPEndPoint(server.Addresses[0].Address, 53));
        flow.Send([1, 2, 3]);
        Assert.Equal([1, 2, 3], (await flow.Input.ReadAsync().AsTask().WaitAsync(Scene.Patience)).Buffer.ToArray());
        await network.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Theory, InlineData("server"), InlineData("SERVER"), InlineData("server.test"), InlineData("server.test.")]
    public async Task Host_is_found_by_its_name(string name)
    {
        await using var scene = new Scene();
        Assert.Equal([scene.Target.Address], await scene.App.ResolveAsync(name));
        Assert.Equal([5], await scene.Network.RunAsync(Echo.AskAsync(scene.App, new DnsEndPoint(name, Scene.Port), [5])));
    }

    [Fact]
    public async Task Name_of_nobody_is_not_found_until_a_host_has_it()
    {
        await using var scene = new Scene();
        var error = await Assert.ThrowsAsync<SocketException>(() => scene.App.ResolveAsync("later"));
        Assert.Equal(SocketError.HostNotFound, error.SocketErrorCode);
        var later = scene.Network.AddHost("later");
        Assert.Equal([later.Addresses[0].Address], await scene.App.ResolveAsync("later"));
    }

    [Fact]
    public async Task Of_two_addresses_the_one_that_is_listened_on_answers()
    {
        await using var scene = new Scene();
        IPAddress[] two = [IPAddress.Parse("fd00::5"), IPAddress.Parse("10.1.0.5")];
        var both = scene.Network.AddHost("both", two);
        var app = scene.Network.AddHost("other", IPAddress.Parse("fd00::6"), IPAddress.Parse("10.1.0.6"));
        var serving = Echo.ServeAsync(both.Listen(new IPEndPoint(two[1], 80)));
        Assert.Equal([9], await scene.Network.RunAsync(Echo.AskAsync(app, new DnsEndPoint("both", 80), [9])));
        await scene.Network.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task Host_reaches_itself()
    {
        await using var scene = new Scene(new VirtualLinkOptions { Loss = 1 });
        Assert.Equal([4], await scene.Network.RunAsync(Echo.AskAsync(scene.Server, scene.Target, [4])));
    }

    [Fact]
    public async Task Peer_is_known_by_its_key()
    {
        await using var scene = new Scene();
        Assert.Equal(scene.Server.PublicKey, scene.App.FindPeer(scene.Target.Address));
        Assert.Equal(scene.App.PublicKey, scene.App.FindPeer(scene.App.Addresses[0].Address));
        Assert.Null(scene.App.FindPeer(IPAddress.Parse("10.9.9.9")));
        await using var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));
        Assert.Equal(scene.Server.PublicKey, connection.Peer);
    }

    [Fact]
    public async Task Key_follows_from_seed_and_name()
    {
        await using var one = new Scene(seed: 1);
        await using var same = new Scene(seed: 1);
        await using var other = new Scene(seed: 2);
        Assert.Equal(one.App.PublicKey, same.App.PublicKey);
        Assert.NotEqual(one.App.PublicKey, one.Server.PublicKey);
        Assert.NotEqual(one.App.PublicKey, other.App.PublicKey);
    }

    [Fact]
    public async Task Port_that_nobody_listens_on_refuses() =>
        await AssertFailsAsync(scene => new IPEndPoint(scene.Target.Address, 81), SocketError.ConnectionRefused);

    [Fact]
    public async Task Address_that_nobody_has_is_unreachable_at_once()
    {
        var took = await AssertFailsAsync(_ => new IPEndPoint(IPAddress.Parse("10.9.9.9"), 81), SocketError.NetworkUnreachable);
        Assert.Equal(TimeSpan.Zero, took);
    }

    [Fact]
    public async Task Living_hosts_share_no_name_and_no_address()
    {
        await using var scene = new Scene();
        Assert.Throws<ArgumentException>(() => scene.Network.AddHost("APP"));
        Assert.Throws<ArgumentException>(() => scene.Network.AddHost("third", scene.Target.Address));
        Assert.Equal([scene.App, scene.Server], scene.Network.Hosts);
    }

    [Fact]
    public async Task Tap_sees_packets_and_why_they_are_dropped()
    {
        await using var scene = new Scene();
        var tap = new Comments();
        using (scene.Network.AddTap(tap))
        {
            await scene.Network.RunAsync(Echo.AskAsync(scene.App, scene.Target, [1]));
            Assert.NotEmpty(tap.Seen);
            Assert.All(tap.Seen, Assert.Null);
            scene.Network.Partition(scene.App, scene.Server);
            await Assert.ThrowsAsync<SocketException>(() => scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target)));
            Assert.Equal("the link is cut", tap.Seen[^1]);
        }

        var seen = tap.Seen.Count;
        scene.Network.Heal();
        await scene.Network.RunAsync(Echo.AskAsync(scene.App, scene.Target, [1]));
        Assert.Equal(seen, tap.Seen.Count);
    }

    private static async Task<TimeSpan> AssertFailsAsync(Func<Scene, EndPoint> target, SocketError expected)
    {
        await using var scene = new Scene();
        return await scene.TimeAsync(async () =>
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => scene.App.ConnectAsync(target(scene)));
            Assert.Equal(expected, error.SocketErrorCode);
        });
    }

    private sealed class Comments : IPacketTap
    {
        public List<string?> Seen { get; } = [];

        public void OnPacket(in TappedPacket packet) => Seen.Add(packet.Comment);
    }
}
