using System.Net;
using Onetun.NetStack;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>What is sent together leaves in one batch, and what is sent at the same time holds nobody up.</summary>
public sealed class TogetherTests : IAsyncLifetime
{
    private static readonly IPAddress Here = IPAddress.Parse("10.0.0.1");
    private static readonly IPAddress There = IPAddress.Parse("10.0.0.2");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly PrivateKey _here = PrivateKey.Generate();
    private readonly PrivateKey _there = PrivateKey.Generate();
    private WireGuardTunnel _peer = null!;
    private WireGuardTunnel _tunnel = null!;
    private CountingTransport _transport = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        _peer = WireGuardTunnel.Start(Options(_there, There, _here, Here, null), any, at => UdpTransport.Create(at));
        _tunnel = WireGuardTunnel.Start(
            Options(_here, Here, _there, There, _peer.LocalEndPoint), any, at => _transport = new CountingTransport(UdpTransport.Create(at)));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _tunnel.DisposeAsync();
        await _peer.DisposeAsync();
        _here.Dispose();
        _there.Dispose();
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 20)]
    public async Task Datagrams_leave_in_one_batch_if_they_are_sent_together(bool together, int batches)
    {
        await using var listener = _peer.ListenUdp(53);
        await using var socket = _tunnel.ConnectUdp(new IPEndPoint(There, 53));
        socket.Send([0]); // With it comes the handshake
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        await ReadAsync(flow, 0);

        var before = _transport.Batches;
        if (together)
        {
            _tunnel.SendTogether(socket, Send20);
        }
        else
        {
            Send20(socket);
        }

        Assert.Equal(batches, _transport.Batches - before);
        for (byte n = 1; n <= 20; n++)
        {
            await ReadAsync(flow, n);
        }
    }

    [Fact]
    public async Task Others_have_their_turns_while_one_thread_sends()
    {
        await using var listener = _peer.ListenUdp(53);
        await using var socket = _tunnel.ConnectUdp(new IPEndPoint(There, 53));
        socket.Send([0]);
        await using var flow = await listener.AcceptOneAsync(Cancellation);
        await ReadAsync(flow, 0);

        _transport.Gate.Reset();
        var sending = Task.Run(() => socket.Send([1]), Cancellation);
        await _transport.Waiting.WaitAsync(Patience, Cancellation);
        await Task.Run(() => _tunnel.GetTcpConnections(1), Cancellation).WaitAsync(Patience, Cancellation);
        Assert.False(sending.IsCompleted);
        _transport.Gate.Set();
        await sending.WaitAsync(Patience, Cancellation);
        await ReadAsync(flow, 1);
    }

    [Fact]
    public async Task What_several_threads_send_keeps_its_order()
    {
        const int threads = 4, datagrams = 500;
        await using var listener = _peer.ListenUdp(53);
        List<UdpSocket> sockets = [], flows = [];
        for (var i = 0; i < threads; i++)
        {
            sockets.Add(_tunnel.ConnectUdp(new IPEndPoint(There, 53)));
            sockets[i].Send(new byte[sizeof(int)]); // With it comes the handshake, for which no more than 128 may wait
            flows.Add(await listener.AcceptOneAsync(Cancellation));
        }

        var sending = Task.WhenAll(sockets.Select(socket => Task.Run(() => SendNumbers(socket, datagrams), Cancellation)));
        await Task.WhenAll(flows.Select(flow => ReadRisingAsync(flow, sending)));
        foreach (var socket in sockets.Concat(flows))
        {
            await socket.DisposeAsync();
        }
    }

    /// <summary>Reads until all is sent, of which some may be lost, as the peer has room for so many.</summary>
    private static async Task ReadRisingAsync(UdpSocket flow, Task sending)
    {
        var latest = -1;
        _ = sending.ContinueWith(_ => flow.Input.CancelPendingRead(), TaskScheduler.Default);
        for (var read = await ReadAsync(flow); !read.IsCanceled; read = await ReadAsync(flow))
        {
            var number = BitConverter.ToInt32(read.Buffer.FirstSpan);
            Assert.True(number > latest, $"{number} after {latest}");
            latest = number;
            flow.Input.AdvanceTo(read.Buffer.End);
        }

        await sending;
    }

    private static async Task<System.IO.Pipelines.ReadResult> ReadAsync(UdpSocket flow) =>
        await flow.Input.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);

    private static void SendNumbers(UdpSocket socket, int count)
    {
        for (var n = 1; n <= count; n++)
        {
            socket.Send(BitConverter.GetBytes(n));
        }
    }

    private static void Send20(UdpSocket socket)
    {
        for (byte n = 1; n <= 20; n++)
        {
            socket.Send([n]);
        }
    }

    private static async Task ReadAsync(UdpSocket flow, byte expected)
    {
        var read = await ReadAsync(flow);
        Assert.Equal(expected, read.Buffer.FirstSpan[0]);
        flow.Input.AdvanceTo(read.Buffer.End);
    }

    private static TunnelOptions Options(PrivateKey key, IPAddress address, PrivateKey peer, IPAddress peerAddress, IPEndPoint? endPoint) => new()
    {
        PrivateKey = key,
        Addresses = [address],
        DisposeTimeout = TimeSpan.Zero,
        Peers = [new PeerOptions { PublicKey = peer.PublicKey, EndPoint = endPoint, AllowedIPs = [new IPNetwork(peerAddress, 32)] }],
    };

    private sealed class CountingTransport(IUdpTransport transport) : IUdpTransport
    {
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _batches;

        /// <summary>Whoever sends passes it.</summary>
        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        /// <summary>Ends when somebody waits at the gate.</summary>
        public Task Waiting => _waiting.Task;

        /// <summary>Of data messages: the peer may make us rekey or keep alive at any time.</summary>
        public int Batches => Volatile.Read(ref _batches);

        public IPEndPoint LocalEndPoint => transport.LocalEndPoint;

        public UdpStatistics Statistics => transport.Statistics;

        public bool IsDisposed => transport.IsDisposed;

        public ReceiveBatch CreateReceiveBatch() => transport.CreateReceiveBatch();

        public Poller? CreatePoller() => transport.CreatePoller();

        public int Receive(ReceiveBatch batch, Poller? poller = null) => transport.Receive(batch, poller);

        public int TryReceive(ReceiveBatch batch) => transport.TryReceive(batch);

        public void Send(DatagramBatch batch)
        {
            Interlocked.Add(ref _batches, batch.Length > batch.Count * Device.Overhead ? 1 : 0);
            if (!Gate.IsSet)
            {
                _waiting.TrySetResult();
                Gate.Wait();
            }

            transport.Send(batch);
        }

        public void Dispose()
        {
            Gate.Set();
            transport.Dispose();
        }
    }
}
