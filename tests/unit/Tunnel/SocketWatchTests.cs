using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Onetun.Tunnel.Forwarding;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>The thread that receives datagrams waits for sockets too.</summary>
[SupportedOSPlatform("linux")]
public sealed class SocketWatchTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MovableUdpTransport _transport;
    private readonly Poller _poller;
    private readonly Thread _receiver;
    private readonly Socket _socket;
    private readonly Socket _peer;
    private readonly SemaphoreSlim _received = new(0);

    public SocketWatchTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        _transport = LoopbackPair.Movable(new IPEndPoint(IPAddress.Loopback, 0));
        _poller = Poller.TryCreate()!;
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _peer.Connect(listener.LocalEndpoint);
        _socket = listener.AcceptSocket();
        _socket.Blocking = false;
        _receiver = new Thread(ReceiveAll) { IsBackground = true };
        _receiver.Start();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _transport?.Dispose();
        _receiver?.Join();
        _poller?.Dispose();
        _socket?.Dispose();
        _peer?.Dispose();
        _received.Dispose();
    }

    [Fact]
    public async Task A_wait_goes_on_when_something_comes_on_the_thread_that_receives()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        for (var i = 0; i < 3; i++)
        {
            var waiting = Begin(watch);
            Assert.False(waiting.IsCompleted);
            _peer.Send([1]);
            Assert.Same(_receiver, await waiting.WaitAsync(Patience, Cancellation));
            Assert.Equal(1, await _socket.ReceiveAsync(new byte[2], Cancellation));
        }
    }

    [Fact]
    public async Task A_wait_for_what_is_there_already_ends()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        _peer.Send([1]);
        await Begin(watch).WaitAsync(Patience, Cancellation);
        await Begin(watch).WaitAsync(Patience, Cancellation); // Nobody has read it
    }

    [Fact]
    public async Task A_wait_ends_with_the_connection()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        var waiting = Begin(watch);
        _peer.LingerState = new LingerOption(true, 0);
        _peer.Dispose();
        Assert.Same(_receiver, await waiting.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_wait_can_be_cancelled_and_the_next_one_hears()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        using var cancelling = new CancellationTokenSource();
        var waiting = watch.WaitAsync(cancelling.Token).AsTask();
        await cancelling.CancelAsync();
        await waiting.WaitAsync(Patience, Cancellation);

        var next = Begin(watch);
        _peer.Send([1]);
        Assert.Same(_receiver, await next.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task Disposing_it_ends_a_wait_and_all_later_ones()
    {
        var watch = _poller.TryWatch(_socket.SafeHandle)!;
        var waiting = Begin(watch);
        watch.Dispose();
        Assert.NotSame(_receiver, await waiting.WaitAsync(Patience, Cancellation));
        await Begin(watch).WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Disposing_the_poller_ends_a_wait_and_all_later_ones()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        var waiting = Begin(watch);
        EndReceiving();
        await waiting.WaitAsync(Patience, Cancellation);
        await Begin(watch).WaitAsync(Patience, Cancellation);
        Assert.Null(_poller.TryWatch(_socket.SafeHandle));
    }

    [Fact]
    public async Task A_place_that_is_free_again_hears_its_new_socket()
    {
        _poller.TryWatch(_peer.SafeHandle)!.Dispose();
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        Assert.Equal(0, watch.Place);
        var waiting = Begin(watch);
        _peer.Send([1]);
        Assert.Same(_receiver, await waiting.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public void A_socket_that_is_closed_is_not_watched()
    {
        _socket.Dispose();
        Assert.Null(_poller.TryWatch(_socket.SafeHandle));
    }

    [Fact]
    public async Task Datagrams_are_heard_beside_it_and_from_another_port_too()
    {
        using var watch = _poller.TryWatch(_socket.SafeHandle)!;
        var waiting = Begin(watch);
        Send();
        Assert.True(await _received.WaitAsync(Patience, Cancellation));
        Assert.True(_transport.TryMove());
        Send();
        Assert.True(await _received.WaitAsync(Patience, Cancellation));
        _peer.Send([1]);
        Assert.Same(_receiver, await waiting.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task What_has_come_is_received_and_then_the_end()
    {
        var input = new WatchedInput(_socket, _poller.TryWatch(_socket.SafeHandle)!);
        Assert.Equal(-1, input.Look());
        _peer.Send([1, 2]);
        await Begin(input.WaitAsync()).WaitAsync(Patience, Cancellation);
        Assert.Equal(2, input.Look());
        Assert.Equal(2, input.Receive(new byte[3]));
        Assert.Equal(-1, input.Look());
        _peer.Shutdown(SocketShutdown.Send);
        await Begin(input.WaitAsync()).WaitAsync(Patience, Cancellation);
        Assert.Equal(0, input.Look());
        Assert.Equal(0, input.Receive(new byte[1]));
        input.EndWaits();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Input_that_is_cancelled_before_or_while_it_is_awaited_is_none(bool isGone)
    {
        var input = new WatchedInput(_socket, _poller.TryWatch(_socket.SafeHandle)!);
        if (isGone)
        {
            EndReceiving();
            await Begin(input.WaitAsync()).WaitAsync(Patience, Cancellation); // In vain: .NET waits from here
        }

        var waiting = Begin(input.WaitAsync());
        Assert.False(waiting.IsCompleted);
        input.Cancel();
        await waiting.WaitAsync(Patience, Cancellation);
        Assert.Throws<OperationCanceledException>(() => input.Look());
        await Begin(input.WaitAsync()).WaitAsync(Patience, Cancellation);
        input.EndWaits();
    }

    [Fact]
    public async Task Input_comes_though_nobody_tells_of_it_any_more()
    {
        var input = new WatchedInput(_socket, _poller.TryWatch(_socket.SafeHandle)!);
        EndReceiving();
        await Begin(input.WaitAsync()).WaitAsync(Patience, Cancellation);
        Assert.Equal(0, input.Look());
        Assert.Equal(-1, input.Receive(new byte[1]));
        var waiting = Begin(input.WaitAsync());
        _peer.Send([1]);
        await waiting.WaitAsync(Patience, Cancellation);
        Assert.Equal(1, input.Look());
    }

    /// <inheritdoc cref="Begin(ValueTask)"/>
    private static Task<Thread> Begin(SocketWatch watch) => Begin(watch.WaitAsync());

    /// <summary>Gives the thread on which the waiter continues, also if it is cancelled, and goes on elsewhere.</summary>
    private static Task<Thread> Begin(ValueTask wait)
    {
        var continued = new TaskCompletionSource<Thread>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ContinueAsync();
        return continued.Task;

        async Task ContinueAsync()
        {
            await wait.AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            continued.SetResult(Thread.CurrentThread);
        }
    }

    private void EndReceiving()
    {
        _transport.Dispose();
        _receiver.Join();
        _poller.Dispose();
    }

    private void ReceiveAll()
    {
        using var batch = _transport.CreateReceiveBatch();
        while (!_transport.IsDisposed)
        {
            if (_transport.Receive(batch, _poller) > 0)
            {
                _received.Release();
            }

            _poller.Continue();
        }
    }

    private void Send()
    {
        using var batch = LoopbackPair.Batch([100], UdpEndPoint.From(_transport.LocalEndPoint));
        _transport.Send(batch);
    }
}
