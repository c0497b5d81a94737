using System.Net;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A port that was not asked for can be left for another.</summary>
[Collection(Alone.Name)]
public sealed class MovableUdpTransportTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MovableUdpTransport _transport = LoopbackPair.Movable(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IUdpTransport _other = UdpTransport.Create(new IPEndPoint(IPAddress.Loopback, 0));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _transport.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task Receive_that_waits_goes_on_at_the_new_port()
    {
        var received = ReceiveAsync(_transport);
        var left = _transport.LocalEndPoint;

        Assert.True(_transport.TryMove());

        Assert.NotEqual(left, _transport.LocalEndPoint);
        Send(_other, _transport.LocalEndPoint);
        Assert.Equal(1, await received.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task What_is_sent_comes_from_the_new_port()
    {
        Assert.True(_transport.TryMove());
        Send(_transport, _other.LocalEndPoint);

        using var batch = _other.CreateReceiveBatch();
        Assert.Equal(1, await Task.Run(() => _other.Receive(batch), Cancellation).WaitAsync(Patience, Cancellation));
        Assert.Equal(UdpEndPoint.From(_transport.LocalEndPoint), batch.SourceOf(0));
    }

    [Fact]
    public void Port_that_was_asked_for_is_kept_while_datagrams_leave_it()
    {
        using var transport = LoopbackPair.Movable(LeaveOther());
        Send(transport, _transport.LocalEndPoint);
        Assert.False(transport.TryMove());
    }

    [Fact]
    public async Task What_is_renewed_goes_on_with_another_socket_whatever_has_left_the_old_one()
    {
        var asked = LeaveOther();
        var opened = 0;
        using var transport = new MovableUdpTransport(asked, at =>
        {
            opened++;
            return UdpTransport.Create(at);
        });
        var received = ReceiveAsync(transport);
        Send(transport, _transport.LocalEndPoint);

        transport.Renew();

        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                Send(_transport, asked);
                return received.IsCompleted;
            },
            Patience));
        Assert.Equal(asked, transport.LocalEndPoint);
        Assert.NotEqual(0, await received);
        Assert.Equal((2, 1), (opened, transport.Statistics.Sent.Datagrams)); // what the first sent still counts
    }

    [Fact]
    public async Task Port_that_was_asked_for_gets_another_socket_once_nothing_leaves_it()
    {
        var asked = LeaveOther();
        using var transport = LoopbackPair.Movable(asked);
        var received = ReceiveAsync(transport);

        Assert.True(transport.TryMove());

        // What comes between the two sockets is lost
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                Send(_transport, asked);
                return received.IsCompleted;
            },
            Patience));
        Assert.NotEqual(0, await received);
        Assert.Equal(asked, transport.LocalEndPoint);
    }

    [Fact]
    public async Task Disposal_ends_the_receive_and_all_moves()
    {
        Assert.True(_transport.TryMove());
        var received = ReceiveAsync(_transport);

        _transport.Dispose();

        Assert.Equal(0, await received.WaitAsync(Patience, Cancellation));
        Assert.False(_transport.TryMove());
    }

    private IPEndPoint LeaveOther()
    {
        _other.Dispose();
        return _other.LocalEndPoint;
    }

    private static Task<int> ReceiveAsync(MovableUdpTransport transport) => Task.Factory.StartNew(
        () =>
        {
            using var batch = transport.CreateReceiveBatch();
            return transport.Receive(batch);
        },
        Cancellation,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private static void Send(IUdpTransport from, IPEndPoint to)
    {
        using var batch = LoopbackPair.Batch([100], UdpEndPoint.From(to));
        from.Send(batch);
    }
}
