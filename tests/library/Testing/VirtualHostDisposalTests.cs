using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Onetun.Tunnel;

namespace Onetun.Testing.Tests;

/// <summary>What ends with a host, and with a network.</summary>
public sealed class VirtualHostDisposalTests
{
    [Fact]
    public async Task Members_of_a_disposed_host_throw()
    {
        await using var scene = new Scene();
        await scene.App.DisposeAsync();
        await AssertThrowsAsync(scene.App);
        Assert.True(scene.App.IsDisposed);
        await scene.App.DisposeAsync();
    }

    [Fact]
    public async Task Members_of_hosts_throw_once_the_network_is_disposed()
    {
        await using var scene = new Scene();
        await scene.Network.DisposeAsync();
        await AssertThrowsAsync(scene.App);
        Assert.Throws<ObjectDisposedException>(() => scene.Network.AddHost("late"));
    }

    [Fact]
    public async Task Disposed_host_is_silent()
    {
        await using var scene = new Scene();
        await scene.Server.DisposeAsync();
        await scene.Serving.WaitAsync(Scene.Patience);
        var took = await scene.TimeAsync(async () =>
        {
            var error = await Assert.ThrowsAsync<SocketException>(() => scene.App.ConnectAsync(scene.Target));
            Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
        });
        Assert.InRange(took.TotalSeconds, 59, 62);
        Assert.True(scene.Network.GetLink(scene.App, scene.Server).GetStatistics() is { Unreceived: > 0, Delivered: 0 });
    }

    [Fact]
    public async Task Disposed_host_still_delivers_what_was_written()
    {
        await using var scene = new Scene();
        var sent = Scene.Bytes(30_000);
        await using var listener = scene.Server.Listen(80);
        await scene.Network.RunAsync(Task.WhenAll(SendAsync(), ReceiveAsync()));

        async Task SendAsync()
        {
            var connection = await scene.App.ConnectAsync(new IPEndPoint(scene.Target.Address, 80));
            await connection.Output.WriteAsync(sent);
            await scene.App.DisposeAsync();
        }

        async Task ReceiveAsync()
        {
            await using var connection = await listener.AcceptAsync();
            using var received = new MemoryStream();
            await connection!.Input.CopyToAsync(received);
            Assert.Equal(sent, received.ToArray());
        }
    }

    [Fact]
    public async Task Disposed_host_that_cannot_deliver_gives_up()
    {
        await using var scene = new Scene();
        var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));
        await scene.Network.RunAsync(TimeSpan.FromSeconds(1));
        scene.Network.Isolate(scene.Server);
        await connection.Output.WriteAsync(Scene.Bytes(1_000));
        await scene.App.DisposeAsync();
        await scene.Network.RunAsync(TimeSpan.FromSeconds(3));
        var sent = scene.Network.GetStatistics().Sent;
        await scene.Network.RunAsync(TimeSpan.FromHours(1));
        Assert.Equal(sent, scene.Network.GetStatistics().Sent);
    }

    [Fact]
    public async Task Host_restarts_with_its_name_address_key_and_links()
    {
        await using var scene = new Scene();
        scene.Network.SetLink(scene.App, scene.Server, new VirtualLinkOptions { Delay = TimeSpan.FromSeconds(1) });
        await scene.Server.DisposeAsync();
        var again = scene.Network.AddHost("Server", scene.Target.Address);
        var serving = Echo.ServeAsync(again.Listen(Scene.Port));
        var took = await scene.TimeAsync(async () => Assert.Equal([1], await Echo.AskAsync(scene.App, new DnsEndPoint("server", Scene.Port), [1])));
        Assert.InRange(took, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(6.01)); // Connected, answered, and closed with all delivered
        Assert.Equal(scene.Server.PublicKey, again.PublicKey);
        Assert.Equal(2, scene.Network.Hosts.Count);
        await scene.Network.DisposeAsync();
        await serving.WaitAsync(Scene.Patience);
    }

    [Fact]
    public async Task Who_waits_fails_when_the_network_is_disposed()
    {
        await using var scene = new Scene();
        var connection = await scene.Network.RunAsync(scene.App.ConnectAsync(scene.Target));
        var reading = connection.Input.ReadAsync().AsTask();
        var connecting = scene.App.ConnectAsync(scene.Target);
        var accepting = scene.App.Listen(80).AcceptAsync().AsTask();
        await scene.Network.DisposeAsync();
        await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(Scene.Patience));
        await Assert.ThrowsAsync<SocketException>(() => connecting.WaitAsync(Scene.Patience));
        Assert.Null(await accepting.WaitAsync(Scene.Patience));
    }

    [Fact]
    public async Task Nothing_is_left_of_a_disposed_network()
    {
        var clock = new CountingClock();
        await using (var network = new VirtualNetwork(1, clock))
        {
            var (app, server) = (network.AddHost("app"), network.AddHost("server"));
            var serving = Echo.ServeAsync(server.Listen(7));
            await network.RunAsync(Echo.AskAsync(app, new DnsEndPoint("server", 7), [1]));
            Assert.True(clock.Timers > 0);
            await network.DisposeAsync();
            await serving.WaitAsync(Scene.Patience);
        }

        Assert.Equal(0, clock.Timers);
    }

    private static async Task AssertThrowsAsync(TunnelNetwork host)
    {
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.ConnectAsync(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.ConnectAsync(new DnsEndPoint("server", 80)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => host.ResolveAsync("server"));
        Assert.Throws<ObjectDisposedException>(() => host.Listen(80));
        Assert.Throws<ObjectDisposedException>(() => host.ConnectUdp(new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80)));
        Assert.Throws<ObjectDisposedException>(() => host.ListenUdp(new IPEndPoint(IPAddress.Any, 80)));
    }

    /// <summary>Counts the timers that have not been disposed.</summary>
    private sealed class CountingClock : FakeTimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _timers);
            return new Counted(this, base.CreateTimer(callback, state, dueTime, period));
        }

        private sealed class Counted(CountingClock clock, ITimer timer) : ITimer
        {
            private bool _isDisposed;

            public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

            public void Dispose()
            {
                if (!Interlocked.Exchange(ref _isDisposed, true))
                {
                    Interlocked.Decrement(ref clock._timers);
                    timer.Dispose();
                }
            }

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
