using System.Net;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>Hosts on two sides of a partition are silent for each other, until it is healed.</summary>
public sealed class PartitionTests
{
    [Fact]
    public async Task Connection_survives_a_partition_that_heals()
    {
        await using var scene = new Scene();
        await using var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));
        scene.Network.Partition(scene.App, scene.Server);
        var asking = Echo.AskAsync(connection, Scene.Bytes(50_000));
        await scene.Network.RunAsync(TimeSpan.FromSeconds(30));
        Assert.False(asking.IsCompleted);
        scene.Network.Heal(scene.App, scene.Server);
        Assert.Equal(Scene.Bytes(50_000), await scene.Network.RunAsync(asking));
    }

    [Fact]
    public async Task Connection_ends_after_its_user_timeout()
    {
        await using var scene = new Scene();
        var options = new ConnectOptions { Socket = new TcpSocketOptions { UserTimeout = TimeSpan.FromSeconds(10) } };
        await using var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target, options));
        scene.Network.Partition(scene.App, scene.Server);
        var took = await scene.TimeAsync(async () =>
        {
            var error = await Assert.ThrowsAsync<IOException>(() => Echo.AskAsync(connection, [1]));
            Assert.Equal(SocketError.TimedOut, Assert.IsType<SocketException>(error.InnerException).SocketErrorCode);
        });
        Assert.InRange(took.TotalSeconds, 10, 30);
    }

    [Fact]
    public async Task Connecting_across_it_times_out()
    {
        await using var scene = new Scene();
        scene.Network.Isolate(scene.Server);
        await AssertTimesOutAsync(scene, scene.App);
    }

    [Fact]
    public async Task Hosts_of_one_side_still_reach_each_other()
    {
        await using var scene = new Scene();
        var (left, right) = (scene.Network.AddHost("left"), scene.Network.AddHost("right"));
        scene.Network.Partition([scene.Server, left], [scene.App, right]);
        Assert.Equal([1], await scene.Network.RunAsync(Echo.AskAsync(left, scene.Target, [1])));
        await AssertTimesOutAsync(scene, right);
        scene.Network.Heal();
        Assert.Equal([1], await scene.Network.RunAsync(Echo.AskAsync(right, scene.Target, [1])));
    }

    [Fact]
    public async Task What_is_under_way_is_lost()
    {
        await using var scene = new Scene();
        await using var flow = scene.App.ConnectUdp(new IPEndPoint(scene.Target.Address, 53));
        flow.Send([1]);
        scene.Network.GetLink(scene.App, scene.Server).IsCut = true;
        flow.Send([2]);
        await scene.Network.RunAsync(TimeSpan.FromSeconds(1));
        var counts = scene.Network.GetLink(scene.App, scene.Server).GetStatistics();
        Assert.Equal((2, 2, 0), (counts.Sent, counts.Cut, counts.Delivered));
    }

    private static Task<TimeSpan> AssertTimesOutAsync(Scene scene, VirtualHost host) => scene.TimeAsync(async () =>
    {
        var error = await Assert.ThrowsAsync<SocketException>(() => host.ConnectAsync(scene.Target));
        Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
    });
}
