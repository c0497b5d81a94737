using System.Buffers;
using System.Net;

namespace Onetun.Testing.Tests;

/// <summary>Links do to packets what their options say, and count it.</summary>
public sealed class VirtualLinkTests
{
    [Fact]
    public async Task Ten_megabytes_arrive_exact_over_a_lossy_link()
    {
        await using var scene = new Scene(new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(50), Loss = 0.01 });
        var sent = Scene.Bytes(10_000_000);
        await using var listener = scene.Server.Listen(80);
        await scene.Network.RunAsync(Task.WhenAll(SendAsync(), ReceiveAsync()), TimeSpan.FromHours(1));
        var counts = scene.Network.GetStatistics();
        Assert.InRange(counts.Lost, counts.Sent / 200, counts.Sent / 50);

        async Task SendAsync()
        {
            await using var connection = await scene.App.ConnectAsync(new IPEndPoint(scene.Target.Address, 80));
            await connection.Output.WriteAsync(sent);
            await connection.Output.CompleteAsync();
            Assert.True((await connection.Input.ReadAsync()).IsCompleted);
        }

        async Task ReceiveAsync()
        {
            await using var connection = await listener.AcceptAsync();
            using var received = new MemoryStream();
            await connection!.Input.CopyToAsync(received);
            Assert.True(sent.AsSpan().SequenceEqual(received.GetBuffer().AsSpan(0, (int)received.Length)));
        }
    }

    [Fact]
    public async Task Transfer_takes_its_size_by_the_rate()
    {
        const int Size = 2_500_000; // 20 Mbit
        await using var scene = new Scene(new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(5), BitsPerSecond = 10_000_000 });
        var took = await scene.TimeAsync(() => Echo.AskAsync(scene.App, scene.Target, Scene.Bytes(Size)));
        Assert.InRange(took.TotalSeconds, 2, 2.4);
    }

    [Fact]
    public async Task Round_trip_takes_both_delays()
    {
        await using var scene = new Scene();
        scene.Network.GetLink(scene.App, scene.Server).Options = new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(30) };
        scene.Network.GetLink(scene.Server, scene.App).Options = new VirtualLinkOptions { Delay = TimeSpan.FromMilliseconds(70) };
        Assert.Equal(TimeSpan.FromMilliseconds(100), await scene.TimeAsync(() => scene.App.ConnectAsync(scene.Target)));
    }

    [Fact]
    public async Task Options_may_change_while_a_connection_lives()
    {
        await using var scene = new Scene();
        await using var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));
        scene.Network.SetLink(scene.App, scene.Server, new VirtualLinkOptions { Delay = TimeSpan.FromSeconds(1) });
        Assert.Equal(TimeSpan.FromSeconds(2), await scene.TimeAsync(() => Echo.AskAsync(connection, [1])));
    }

    [Fact]
    public async Task Full_queue_drops()
    {
        await using var scene = new Scene(new VirtualLinkOptions { BitsPerSecond = 8_000, QueueLimit = 2_000 });
        await using var flow = scene.App.ConnectUdp(new IPEndPoint(scene.Target.Address, 53));
        for (var i = 0; i < 10; i++)
        {
            flow.Send(new byte[972]); // 1,000 bytes a packet, a second each: one leaves, and one waits behind it
        }

        var counts = scene.Network.GetLink(scene.App, scene.Server).GetStatistics();
        Assert.Equal((10, 8, 2), (counts.Sent, counts.Overflowed, counts.UnderWay));
        await scene.Network.RunAsync(TimeSpan.FromSeconds(1.5));
        Assert.Equal(1, scene.Network.GetLink(scene.App, scene.Server).GetStatistics().Delivered);
        await scene.Network.RunAsync(TimeSpan.FromSeconds(1));
        Assert.Equal(2, scene.Network.GetLink(scene.App, scene.Server).GetStatistics().Delivered);
    }

    [Fact]
    public async Task Jitter_keeps_the_order_unless_packets_may_overtake()
    {
        var options = new VirtualLinkOptions { Jitter = TimeSpan.FromMilliseconds(100) };
        var inOrder = await NumbersAsync(options);
        Assert.Equal(inOrder.Order().ToArray(), inOrder);
        var mixed = await NumbersAsync(options with { Reordering = true });
        Assert.NotEqual(mixed.Order().ToArray(), mixed);
        Assert.Equal(inOrder, mixed.Order().ToArray());
    }

    [Fact]
    public async Task Duplicated_packet_arrives_twice() =>
        Assert.Equal([0, 0, 1, 1, 2, 2], (await NumbersAsync(new VirtualLinkOptions { Duplication = 1 })).Take(6));

    [Fact]
    public async Task Counts_add_up()
    {
        await using var scene = new Scene(new VirtualLinkOptions
        {
            Loss = 0.05,
            Duplication = 0.05,
            Jitter = TimeSpan.FromMilliseconds(5),
            Reordering = true,
            BitsPerSecond = 1_000_000,
            QueueLimit = 20_000,
        });
        var asking = Echo.AskAsync(scene.App, scene.Target, Scene.Bytes(200_000));
        await scene.Network.RunAsync(TimeSpan.FromSeconds(0.7));
        AssertAddUp(scene.Network.GetStatistics());
        await scene.Network.RunAsync(asking);
        var counts = scene.Network.GetStatistics();
        AssertAddUp(counts);
        Assert.True(counts is { Lost: > 0, Duplicated: > 0, Delivered: > 0, Overflowed: > 0 }, counts.ToString());
        Assert.InRange(counts.SentBytes, 400_000, 1_000_000);

        static void AssertAddUp(VirtualLinkStatistics counts) => Assert.Equal(
            counts.Sent + counts.Duplicated,
            counts.Delivered + counts.UnderWay + counts.Lost + counts.Overflowed + counts.Cut + counts.Unreceived);
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { Loss = 1.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { Loss = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { Duplication = -0.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { Delay = TimeSpan.FromTicks(-1) });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { BitsPerSecond = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new VirtualLinkOptions { QueueLimit = -1 });
    }

    /// <summary>The numbers of twenty datagrams, as they arrive.</summary>
    private static async Task<int[]> NumbersAsync(VirtualLinkOptions options)
    {
        await using var scene = new Scene(options);
        await using var listener = scene.Server.ListenUdp(new IPEndPoint(IPAddress.Any, 53));
        await using var flow = scene.App.ConnectUdp(new IPEndPoint(scene.Target.Address, 53));
        for (byte i = 0; i < 20; i++)
        {
            flow.Send([i]);
        }

        return await scene.Network.RunAsync(ReceiveAsync());

        async Task<int[]> ReceiveAsync()
        {
            await using var received = await listener.AcceptAsync();
            var numbers = new int[20];
            for (var i = 0; i < numbers.Length; i++)
            {
                var read = await received!.Input.ReadAsync();
                numbers[i] = read.Buffer.FirstSpan[0];
                received.Input.AdvanceTo(read.Buffer.End);
            }

            return numbers;
        }
    }
}
