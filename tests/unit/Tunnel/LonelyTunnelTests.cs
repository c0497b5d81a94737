using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Onetun.Forwarder.Tests;
using Onetun.Interop;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;

namespace Onetun.Tunnel.Tests;

/// <summary>What is told of peers: those that answer, and those that do not.</summary>
public sealed class LonelyTunnelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_through_a_peer_that_answers_nothing_says_so()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var tunnel = await StartAsync(key, theirs.PublicKey, silent.Client.LocalEndPoint!);
        var error = await Assert.ThrowsAsync<PeerUnansweredException>(() => tunnel.ConnectAsync(
            new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80), new ConnectOptions { Timeout = TimeSpan.FromMilliseconds(100) }, Cancellation));
        Assert.Equal((theirs.PublicKey, silent.Client.LocalEndPoint), (error.Peer, error.EndPoint));
        Assert.Contains("does not answer the handshake", error.Message, StringComparison.Ordinal);
        Assert.Equal(SocketError.HostUnreachable, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_host_that_is_silent_behind_a_peer_that_answers_is_a_timeout()
    {
        await using var pair = await TunnelPair.StartAsync(
            change: options => options with { Peers = [options.Peers[0] with { AllowedIPs = [IPNetwork.Parse("0.0.0.0/0")] }] });
        var error = await Assert.ThrowsAsync<SocketException>(() => pair.Ours.ConnectAsync(
            new IPEndPoint(IPAddress.Parse("10.0.0.99"), 80), new ConnectOptions { Timeout = TimeSpan.FromMilliseconds(100) }, Cancellation));
        Assert.Equal(SocketError.TimedOut, error.SocketErrorCode);
    }

    [Fact]
    public async Task The_first_handshake_is_waited_for_and_told_of()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var there = await StartAsync(theirs, key.PublicKey, null);
        await using var here = await StartAsync(key, theirs.PublicKey, there.LocalEndPoint);
        await using var events = here.WatchPeersAsync(Cancellation).GetAsyncEnumerator(Cancellation);
        var first = events.MoveNextAsync();
        await here.WaitForHandshakeAsync(cancellationToken: Cancellation).WaitAsync(Patience, Cancellation);
        Assert.True(here.Peers.Single().HasSession);
        Assert.True(await first.AsTask().WaitAsync(Patience, Cancellation));
        Assert.Equal(new HandshakeCompleted(theirs.PublicKey, events.Current.Time, IsInitiator: true), events.Current);
        await here.WaitForHandshakeAsync(theirs.PublicKey, cancellationToken: Cancellation); // There is a session
        await here.DisposeAsync();
        while (await events.MoveNextAsync().AsTask().WaitAsync(Patience, Cancellation))
        {
            // The end of the session, and of the peer
        }
    }

    [Fact]
    public async Task Waiting_for_a_handshake_ends_with_the_tunnel_or_the_patience()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        var tunnel = await StartAsync(key, theirs.PublicKey, silent.Client.LocalEndPoint!);
        using var impatient = new CancellationTokenSource();
        var cancelled = tunnel.WaitForHandshakeAsync(cancellationToken: impatient.Token);
        var ended = tunnel.WaitForHandshakeAsync(cancellationToken: Cancellation);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.WaitAsync(Patience, Cancellation));
        var late = await Assert.ThrowsAsync<PeerUnansweredException>(
            () => tunnel.WaitForHandshakeAsync(timeout: TimeSpan.FromMilliseconds(1), cancellationToken: Cancellation).WaitAsync(Patience, Cancellation));
        Assert.Equal((theirs.PublicKey, silent.Client.LocalEndPoint), (late.Peer, late.EndPoint));
        await tunnel.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ended.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task A_peer_that_is_not_there_is_not_waited_for()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var tunnel = await StartAsync(key, theirs.PublicKey, null);
        await Assert.ThrowsAsync<ArgumentException>(() => tunnel.WaitForHandshakeAsync(key.PublicKey, cancellationToken: Cancellation));
        await tunnel.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => tunnel.WaitForHandshakeAsync(cancellationToken: Cancellation));
    }

    [Fact]
    public async Task One_that_all_peers_come_to_waits_for_any_of_them()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var there = await StartAsync(theirs, key.PublicKey, null);
        await using var here = await StartAsync(key, theirs.PublicKey, there.LocalEndPoint);
        var waiting = there.WaitForHandshakeAsync(cancellationToken: Cancellation);
        Assert.False(waiting.IsCompleted);
        await here.WaitForHandshakeAsync(cancellationToken: Cancellation).WaitAsync(Patience, Cancellation);
        await waiting.WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task A_name_without_an_address_is_what_is_told_of_a_peer_that_has_it()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var tunnel = await StartAsync(key, theirs.PublicKey, new DnsEndPoint("vpn.example", 51820), options => options with
        {
            Resolve = (_, _) => Task.FromResult<IPAddress[]>([]),
        });
        var error = await Assert.ThrowsAsync<PeerUnansweredException>(() => tunnel.ConnectAsync(
            new IPEndPoint(IPAddress.Parse("10.0.0.2"), 80), new ConnectOptions { Timeout = TimeSpan.FromMilliseconds(100) }, Cancellation));
        Assert.Contains("No address has been found for vpn.example", error.Message, StringComparison.Ordinal);
        using var impatient = new CancellationTokenSource();
        var waiting = tunnel.WaitForHandshakeAsync(cancellationToken: impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience, Cancellation));
    }

    [Fact]
    public async Task An_endpoint_by_name_is_looked_up_at_the_start()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var there = await StartAsync(theirs, key.PublicKey, null);
        await using var here = await StartAsync(key, theirs.PublicKey, new DnsEndPoint("vpn.example", there.LocalEndPoint.Port), options => options with
        {
            Resolve = (host, _) => Task.FromResult(host == "vpn.example" ? new[] { IPAddress.Loopback } : []),
        });
        Assert.Equal(there.LocalEndPoint, here.Peers.Single().EndPoint);
        await here.WaitForHandshakeAsync(cancellationToken: Cancellation).WaitAsync(Patience, Cancellation);
    }

    [Fact]
    public async Task Meters_and_spans_have_the_names_of_OpenTelemetry()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<Activity>();
        using var tracing = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Onetun.Tunnel",
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(tracing);
        await using var pair = await TunnelPair.StartAsync();
        await using var listener = pair.Theirs.Listen(80);
        await using var connection = await pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 80), cancellationToken: Cancellation);
        var connect = spans.First(span => span.DisplayName == $"connect {TunnelPair.TheirAddress}:80");
        Assert.Equal($"{TunnelPair.TheirAddress}", connect.GetTagItem("server.address"));
        Assert.Equal(80, connect.GetTagItem("server.port"));
        await Assert.ThrowsAsync<SocketException>(
            () => pair.Ours.ConnectAsync(new IPEndPoint(TunnelPair.TheirAddress, 81), cancellationToken: Cancellation));
        Assert.Contains(spans, span => Equals(span.GetTagItem("error.type"), "ConnectionRefused"));
        await Eventually.TrueAsync(
            () => Task.FromResult(spans.Any(span => span.DisplayName == "handshake")), Patience, "the handshake is a span");

        var measured = new List<(string Name, object Value)>();
        using var listening = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Onetun.Tunnel")
                {
                    listening.EnableMeasurementEvents(instrument);
                }
            },
        };
        listening.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured.Add((instrument.Name, value)));
        listening.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured.Add((instrument.Name, value)));
        listening.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured.Add((instrument.Name, value)));
        listening.Start();
        listening.RecordObservableInstruments();
        Assert.Contains(measured, one => one.Name == "onetun.peer.io" && (long)one.Value > 0);
        Assert.Contains(measured, one => one.Name == "onetun.peer.handshake.age" && (double)one.Value >= 0);
        Assert.Contains(measured, one => one.Name == "onetun.connection.count" && (long)one.Value > 0);
    }

    [Fact]
    public async Task A_forgotten_tunnel_is_told_of()
    {
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await ForgetAsync(key, theirs.PublicKey);
        await Eventually.TrueAsync(
            () =>
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                return Task.FromResult(_log.Lines.Any(line => line.Contains("nobody has disposed it", StringComparison.Ordinal)));
            },
            Patience,
            "the log tells of it");
    }

    [Fact]
    public async Task A_wait_for_a_local_socket_ends_with_the_tunnel_although_something_comes_at_that_moment()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux's");
        using var key = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        for (var i = 0; i < 100; i++)
        {
            var tunnel = await StartAsync(key, theirs.PublicKey, null);
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await peer.ConnectAsync(listener.LocalEndpoint, Cancellation);
            using var socket = await listener.AcceptSocketAsync(Cancellation);
            socket.Blocking = false;
            var watch = tunnel.TryWatch(socket)!;
            var waiting = OperatingSystem.IsLinux() ? watch.WaitAsync(Cancellation).AsTask() : Task.CompletedTask;
            var stopping = Task.Run(() => tunnel.StopAsync(TimeSpan.Zero), Cancellation);
            peer.Send([1]);
            await waiting.WaitAsync(Patience, Cancellation);
            await stopping.WaitAsync(Patience, Cancellation);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task ForgetAsync(PrivateKey key, PublicKey peer) =>
        Assert.NotNull(await StartAsync(key, peer, null, options => options with { LoggerFactory = _log.CreateFactory() }));

    private static Task<WireGuardTunnel> StartAsync(
        PrivateKey key, PublicKey peer, EndPoint? endPoint, Func<TunnelOptions, TunnelOptions>? change = null)
    {
        var options = new TunnelOptions
        {
            PrivateKey = key,
            Addresses = [IPAddress.Parse("10.0.0.1")],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            DisposeTimeout = TimeSpan.Zero,
            Peers = [new PeerOptions { PublicKey = peer, EndPoint = endPoint }],
        };
        return WireGuardTunnel.StartAsync(change is null ? options : change(options));
    }
}
