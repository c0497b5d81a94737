using System.Net;
using System.Runtime.Versioning;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A receive that waits is woken at a time.</summary>
[SupportedOSPlatform("linux")]
public sealed class PollerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MovableUdpTransport _transport;
    private readonly Poller _poller;
    private readonly ReceiveBatch _batch;

    public PollerTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        _transport = LoopbackPair.Movable(new IPEndPoint(IPAddress.Loopback, 0));
        _poller = Poller.TryCreate()!;
        _batch = _transport.CreateReceiveBatch();
    }

    public void Dispose()
    {
        _batch?.Dispose();
        _poller?.Dispose();
        _transport?.Dispose();
    }

    [Fact]
    public void It_rings_when_it_is_time()
    {
        var time = Clock.Now + TimeSpan.FromMilliseconds(20);
        _poller.Set(time);
        Assert.Equal(0, _transport.Receive(_batch, _poller));
        Assert.False(_transport.IsDisposed);
        Assert.True(Clock.Now >= time);
    }

    [Fact]
    public void It_rings_at_once_when_the_time_has_passed()
    {
        _poller.Set(TimeSpan.Zero);
        Assert.Equal(0, _transport.Receive(_batch, _poller));
    }

    [Fact]
    public async Task It_rings_once()
    {
        _poller.Set(Clock.Now);
        Assert.Equal(0, _transport.Receive(_batch, _poller));

        var receiving = ReceiveAsync();
        Send();
        Assert.Equal(1, await receiving.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_may_be_set_again_while_somebody_waits_for_it()
    {
        _poller.Set(Clock.Now + TimeSpan.FromDays(1));
        var receiving = ReceiveAsync();
        _poller.Set(Clock.Now);
        Assert.Equal(0, await receiving.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Disposing_the_transport_ends_the_wait()
    {
        var receiving = ReceiveAsync();
        _transport.Dispose();
        Assert.Equal(0, await receiving.WaitAsync(Patience, TestContext.Current.CancellationToken));
        Assert.True(_transport.IsDisposed);
    }

    private Task<int> ReceiveAsync() => Task.Factory.StartNew(
        () => _transport.Receive(_batch, _poller),
        TestContext.Current.CancellationToken,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private void Send()
    {
        using var batch = LoopbackPair.Batch([100], UdpEndPoint.From(_transport.LocalEndPoint));
        _transport.Send(batch);
    }
}
