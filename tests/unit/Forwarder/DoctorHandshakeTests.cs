using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Doctor;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class DoctorHandshakeTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Short = TimeSpan.FromSeconds(0.2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_endpoint_that_knows_us_answers()
    {
        await using var peer = await DoctorPeer.StartAsync();
        var outcome = await ShakeHandsAsync(peer.Options, Long);
        Assert.Equal(HandshakeEnding.Answered, outcome.Ending);
        Assert.Equal(Verdict.Ok, Judge(peer.Options, outcome).Verdict);
    }

    [Fact]
    public void A_port_that_another_program_has_is_told()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var taken = ListenPortCheck.Of(new UdpTransportOptions { BindEndPoint = (IPEndPoint)other.LocalEndPoint! });
        Assert.Equal(Verdict.Problem, taken?.Verdict);
        Assert.Contains($"UDP {other.LocalEndPoint}", taken!.Text);
        Assert.Null(ListenPortCheck.Of(new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) }));
        Assert.Null(ListenPortCheck.Of(new UdpTransportOptions()));
    }

    // WireGuard §6.4: 5 s after the first
    [Fact]
    public async Task An_initiation_that_is_lost_is_sent_again()
    {
        await using var peer = await DoctorPeer.StartAsync(lost: 1);
        Assert.Equal(HandshakeEnding.Answered, (await ShakeHandsAsync(peer.Options, Long)).Ending);
    }

    [Fact]
    public async Task An_endpoint_that_knows_somebody_else_is_silent_and_the_advice_names_both_keys()
    {
        using var other = PrivateKey.Generate();
        await using var peer = await DoctorPeer.StartAsync(other.PublicKey);
        var outcome = await ShakeHandsAsync(peer.Options, Short);
        Assert.Equal(HandshakeEnding.Silent, outcome.Ending);
        var finding = Judge(peer.Options, outcome);
        Assert.Contains("no answer in 0.2 s", finding.Text);
        Assert.Contains(peer.OurKey.PublicKey.ToString(), finding.Advice);
        Assert.Contains(peer.Peer.PublicKey.ToString(), finding.Advice);
    }

    [Fact]
    public async Task An_endpoint_with_another_preshared_key_is_told_from_a_silent_one()
    {
        using var presharedKey = PresharedKey.Generate();
        await using var peer = await DoctorPeer.StartAsync(presharedKey: presharedKey);
        var outcome = await ShakeHandsAsync(peer.Options, Long);
        Assert.Equal(HandshakeEnding.PresharedKeysDiffer, outcome.Ending);
        Assert.Contains("here there is none", Judge(peer.Options, outcome).Advice);
    }

    [Fact]
    public async Task A_port_that_nothing_has_refuses()
    {
        await using var peer = await DoctorPeer.StartAsync();
        using var closed = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        closed.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = At(peer.Options, (IPEndPoint)closed.LocalEndPoint!);
        closed.Dispose();
        Assert.Equal(HandshakeEnding.Refused, (await ShakeHandsAsync(options, Long)).Ending);
    }

    // A broadcast takes leave that the socket has not asked for
    [Fact]
    public async Task What_the_system_does_not_send_is_told_with_its_reason()
    {
        await using var peer = await DoctorPeer.StartAsync();
        var options = At(peer.Options, new IPEndPoint(IPAddress.Broadcast, 51820));
        var outcome = await ShakeHandsAsync(options, Long);
        Assert.Equal((HandshakeEnding.NotSent, SocketError.AccessDenied), (outcome.Ending, outcome.Error));
        Assert.Contains("outgoing UDP", Judge(options, outcome).Advice);
    }

    [Fact]
    public async Task Something_else_on_the_port_is_told_from_silence()
    {
        await using var peer = await DoctorPeer.StartAsync();
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = At(peer.Options, (IPEndPoint)other.LocalEndPoint!);
        await using var tunnel = new ProbeTunnel(options, options.Peers[0]);
        var heard = await other.ReceiveFromAsync(new byte[200], new IPEndPoint(IPAddress.Any, 0), Cancellation);
        await other.SendToAsync(new byte[500], heard.RemoteEndPoint, Cancellation);
        var outcome = await tunnel.ShakeHandsAsync(TimeSpan.FromSeconds(1), Cancellation);
        Assert.True(outcome.WasForeign);
        Assert.Contains("not WireGuard", Judge(options, outcome).Text);
    }

    // WireGuard §5.3: the 33rd handshake message at once waits, which is load for a device that lets 8 wait
    [Fact]
    public async Task A_cookie_reply_is_heard_while_the_handshake_goes_on()
    {
        await using var peer = await DoctorPeer.StartAsync();
        using var theirs = PrivateKey.Generate();
        using var busy = new Device(
            new DeviceOptions { PrivateKey = theirs, MaxQueuedHandshakes = 8 }, new WireGuard.Tests.TestEnvironment(1));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var at = At(peer.Options, (IPEndPoint)socket.LocalEndPoint!);
        var options = at with { Peers = [at.Peers[0] with { PublicKey = theirs.PublicKey }] };
        await using var tunnel = new ProbeTunnel(options, options.Peers[0]);
        var buffer = new byte[2000];
        var heard = await socket.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Cancellation);
        var source = UdpEndPoint.From((IPEndPoint)heard.RemoteEndPoint);
        var initiations = Enumerable.Repeat(buffer[..heard.ReceivedBytes], 40);
        Assert.Contains(
            initiations, initiation => busy.Receive(TimeSpan.Zero, [.. initiation], source).Outcome == DatagramOutcome.CookieRequired);
        Assert.True(busy.TryTransmit(TimeSpan.Zero, buffer, out var length, out _, out _));
        await socket.SendToAsync(buffer.AsMemory(0, length), heard.RemoteEndPoint, Cancellation);
        Assert.True((await tunnel.ShakeHandsAsync(TimeSpan.FromSeconds(1), Cancellation)).WasBusy);
    }

    [Fact]
    public async Task A_port_of_ours_that_is_taken_is_no_obstacle()
    {
        await using var peer = await DoctorPeer.StartAsync();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = peer.Options with { Transport = new UdpTransportOptions { BindEndPoint = (IPEndPoint)taken.LocalEndPoint! } };
        Assert.Equal(HandshakeEnding.Answered, (await ShakeHandsAsync(options, Long)).Ending);
    }

    [Fact]
    public async Task A_port_for_both_IP_versions_is_taken_for_that_of_the_peer()
    {
        await using var peer = await DoctorPeer.StartAsync();
        var options = peer.Options with { Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.IPv6Any, 0) } };
        Assert.Equal(HandshakeEnding.Answered, (await ShakeHandsAsync(options, Long)).Ending);
    }

    [Fact]
    public async Task It_ends_when_it_is_told_to()
    {
        using var other = PrivateKey.Generate();
        await using var peer = await DoctorPeer.StartAsync(other.PublicKey);
        await using var tunnel = new ProbeTunnel(peer.Options, peer.Peer);
        using var stop = new CancellationTokenSource();
        var shaking = tunnel.ShakeHandsAsync(Timeout.InfiniteTimeSpan, stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => shaking);
    }

    [Theory]
    [InlineData(HandshakeEnding.Answered, Verdict.Ok, "; it is busy")]
    [InlineData(HandshakeEnding.Silent, Verdict.Problem, ": busy; it asked us to prove our address")]
    public async Task A_cookie_reply_means_that_the_endpoint_is_busy(object ending, object verdict, string text)
    {
        await using var peer = await DoctorPeer.StartAsync();
        var finding = Judge(peer.Options, new HandshakeOutcome((HandshakeEnding)ending, Short, WasBusy: true));
        Assert.Equal(verdict, finding.Verdict);
        Assert.Contains(text, finding.Text);
    }

    [Theory]
    [InlineData(SocketError.NetworkUnreachable, "no route")]
    [InlineData(SocketError.AccessDenied, "firewall")]
    [InlineData(SocketError.NetworkDown, "--endpoint-bind-addr")]
    public async Task Each_reason_not_to_send_has_its_advice(SocketError error, string advice)
    {
        await using var peer = await DoctorPeer.StartAsync();
        Assert.Contains(advice, Judge(peer.Options, new HandshakeOutcome(HandshakeEnding.NotSent, Short, Error: error)).Advice);
    }

    private static Finding Judge(TunnelOptions options, HandshakeOutcome outcome) =>
        HandshakeCheck.Of(options.Peers[0], options.PrivateKey.PublicKey, outcome);

    private static TunnelOptions At(TunnelOptions options, IPEndPoint endPoint) =>
        options with { Peers = [options.Peers[0] with { EndPoint = endPoint }] };

    private static async Task<HandshakeOutcome> ShakeHandsAsync(TunnelOptions options, TimeSpan patience)
    {
        await using var tunnel = new ProbeTunnel(options, options.Peers[0]);
        return await tunnel.ShakeHandsAsync(patience, Cancellation);
    }
}
