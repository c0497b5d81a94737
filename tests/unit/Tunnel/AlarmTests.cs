using System.Net;
using System.Runtime.Versioning;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A receive that waits is woken at a time.</summary>
[SupportedOSPlatform("linux")]
public sealed class AlarmTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MovableUdpTransport _transport;
    private readonly Alarm _alarm;
    private readonly ReceiveBatch _batch;

    public AlarmTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "timerfd is Linux's");
        _transport = LoopbackPair.Movable(new IPEndPoint(IPAddress.Loopback, 0));
        _alarm = Alarm.TryCreate()!;
        _batch = _transport.CreateReceiveBatch();
    }

    public void Dispose()
    {
        _batch?.Dispose();
        _alarm?.Dispose();
        _transport?.Dispose();
    }

    [Fact]
    public void It_rings_when_it_is_time()
    {
        var time = Clock.Now + TimeSpan.FromMilliseconds(20);
        _alarm.Set(time);
        Assert.Equal(0, _transport.Receive(_batch, _alarm));
        Assert.False(_transport.IsDisposed);
        Assert.True(Clock.Now >= time);
    }

    [Fact]
    public void It_rings_at_once_when_the_time_has_passed()
    {
        _alarm.Set(TimeSpan.Zero);
        Assert.Equal(0, _transport.Receive(_batch, _alarm));
    }

    [Fact]
    public async Task It_rings_once()
    {
        _alarm.Set(Clock.Now);
        Assert.Equal(0, _transport.Receive(_batch, _alarm));

        var receiving = ReceiveAsync();
        Send();
        Assert.Equal(1, await receiving.WaitAsync(Patience, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_may_be_set_again_while_somebody_waits_for_it()
    {
        _alarm.Set(Clock.Now + TimeSpan.FromDays(1));
        var receiving = ReceiveAsync();
        _alarm.Set(Clock.Now);
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
        () => _transport.Receive(_batch, _alarm),
        TestContext.Current.CancellationToken,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private void Send()
    {
        using var batch = LoopbackPair.Batch([100], UdpEndPoint.From(_transport.LocalEndPoint));
        _transport.Send(batch);
    }
}
