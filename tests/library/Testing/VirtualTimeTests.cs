using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Onetun.Capture;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>Virtual time passes only where a test has it pass, and alike in every run.</summary>
public sealed class VirtualTimeTests
{
    [Fact]
    public async Task Same_seed_gives_the_same_packets_at_the_same_times()
    {
        var first = await RecordAsync(seed: 5);
        Assert.Equal(first, await RecordAsync(seed: 5));
        Assert.NotEqual(first, await RecordAsync(seed: 6));
    }

    [Fact]
    public async Task Nothing_moves_while_time_stands_still()
    {
        await using var scene = new Scene();
        var connecting = scene.App.ConnectAsync(scene.Target);
        Assert.Equal(1, scene.Network.GetStatistics().UnderWay);
        await scene.Network.RunAsync(connecting);
        Assert.Equal(3, scene.Network.GetStatistics().Sent);
    }

    [Fact]
    public async Task Clock_that_the_test_advances_delivers_what_is_due()
    {
        await using var scene = new Scene();
        var connecting = scene.App.ConnectAsync(scene.Target);
        scene.Clock.Advance(TimeSpan.FromMilliseconds(9));
        Assert.Equal(0, scene.Network.GetStatistics().Delivered);
        scene.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, scene.Network.GetStatistics().Delivered);
        Assert.False(connecting.IsCompleted);
        scene.Clock.Advance(TimeSpan.FromMilliseconds(10));
        await (await connecting.WaitAsync(Scene.Patience)).DisposeAsync();
    }

    [Fact]
    public async Task Timers_of_others_ring_on_the_way()
    {
        await using var scene = new Scene();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), scene.Clock);
        var took = await scene.TimeAsync(async () => await timer.WaitForNextTickAsync());
        Assert.InRange(took.TotalSeconds, 60, 61);
    }

    [Fact]
    public async Task Hours_pass_in_a_moment()
    {
        await using var scene = new Scene();
        await using var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));

        await scene.Network.RunAsync(TimeSpan.FromHours(5));
        Assert.Equal([1], await scene.Network.RunAsync(Echo.AskAsync(connection, [1]))); // Keepalives have held it
    }

    [Fact]
    public async Task Task_that_does_not_end_is_given_up()
    {
        await using var scene = new Scene();
        var start = scene.Clock.GetTimestamp();
        var never = new TaskCompletionSource();
        await Assert.ThrowsAsync<TimeoutException>(() => scene.Network.RunAsync(never.Task, TimeSpan.FromSeconds(90)));
        Assert.Equal(TimeSpan.FromSeconds(90), scene.Clock.GetElapsedTime(start));
    }

    [Fact]
    public async Task Failure_of_the_task_is_passed_on()
    {
        await using var scene = new Scene();
        await Assert.ThrowsAsync<FormatException>(() => scene.Network.RunAsync(FailAsync()));

        async Task FailAsync()
        {
            await Echo.AskAsync(scene.App, scene.Target, [1]);
            throw new FormatException();
        }
    }

    [Fact]
    public async Task Only_one_may_run()
    {
        await using var scene = new Scene();
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var running = scene.Network.RunAsync(end.Task, TimeSpan.MaxValue);
        await Assert.ThrowsAsync<InvalidOperationException>(() => scene.Network.RunAsync(TimeSpan.Zero));
        end.SetResult();
        await running.WaitAsync(Scene.Patience);
        await scene.Network.RunAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task Code_on_the_thread_pool_finds_time_waiting_for_it()
    {
        await using var scene = new Scene();
        var took = await scene.TimeAsync(() => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
            {
                var answer = await Task.Run(() => Echo.AskAsync(scene.App, scene.Target, [1]));
                Assert.Equal([1], answer);
            }
        }));
        Assert.InRange(took.TotalMilliseconds, 400, 30_000); // Two round trips each, and more only where the processor is busy
    }

    [Fact]
    public async Task Connect_timeout_is_of_virtual_time()
    {
        await using var scene = new Scene(new VirtualLinkOptions { Loss = 1 });
        var options = new ConnectOptions { Timeout = TimeSpan.FromSeconds(20) };
        var took = await scene.TimeAsync(async () =>
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => scene.App.ConnectAsync(scene.Target, options));
            Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
        });
        Assert.InRange(took.TotalSeconds, 20, 21);
    }

    /// <summary>A digest of each packet, and when it was sent, of two transfers at once that lose a lot.</summary>
    private static async Task<IReadOnlyList<string>> RecordAsync(int seed)
    {
        await using var scene = new Scene(
            new VirtualLinkOptions
            {
                Delay = TimeSpan.FromMilliseconds(20),
                Jitter = TimeSpan.FromMilliseconds(10),
                Loss = 0.03,
                Duplication = 0.01,
            },
            seed);
        var third = scene.Network.AddHost("third", IPAddress.Parse("10.0.0.3"));
        var record = new Record(scene.Clock);
        using var watching = scene.Network.AddTap(record);
        await scene.Network.RunAsync(Task.WhenAll(
            Echo.AskAsync(scene.App, new DnsEndPoint("server", Scene.Port), Scene.Bytes(300_000)),
            Echo.AskAsync(third, scene.Target, Scene.Bytes(300_001))));
        Assert.True(record.Lines.Count > 800);
        return record.Lines;
    }

    private sealed class Record(FakeTimeProvider clock) : IPacketTap
    {
        private readonly long _start = clock.GetTimestamp();

        public List<string> Lines { get; } = [];

        public void OnPacket(in TappedPacket packet) =>
            Lines.Add($"{clock.GetElapsedTime(_start)} {Convert.ToHexString(SHA256.HashData(packet.Bytes))} {packet.Comment}");
    }
}
