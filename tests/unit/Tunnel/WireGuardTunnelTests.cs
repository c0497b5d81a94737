using System.Net;
using System.Net.Sockets;
using Onetun.Capture;
using Onetun.NetStack;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

public sealed class WireGuardTunnelTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Connection_to_where_no_peer_leads_fails_at_once()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);

        var error = await Assert.ThrowsAsync<SocketException>(
            () => tunnel.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.9:80")).WaitAsync(TimeSpan.FromSeconds(30), Cancellation));

        Assert.Equal(SocketError.NetworkUnreachable, error.SocketErrorCode);
    }

    [Theory]
    [InlineData(TransportKind.Socket)]
    [InlineData(TransportKind.Batched)]
    public async Task A_tunnel_keeps_itself_alive_by_whatever_transport(TransportKind kind)
    {
        Assert.SkipUnless(kind == TransportKind.Socket || OperatingSystem.IsLinux(), "Linux only");
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        await using var there = await StartAsync(theirs, options => options with
        {
            Addresses = [IPAddress.Parse("10.0.0.1")],
            Peers = [new PeerOptions { PublicKey = ours.PublicKey, AllowedIPs = [] }],
        });
        var peer = new PeerOptions
        {
            PublicKey = theirs.PublicKey,
            EndPoint = there.LocalEndPoint,
            PersistentKeepalive = TimeSpan.FromSeconds(1),
        };
        await using var here = WireGuardTunnel.Start(
            new TunnelOptions { PrivateKey = ours, Addresses = [IPAddress.Parse("10.0.0.2")], Peers = [peer] },
            new IPEndPoint(IPAddress.Loopback, 0),
            bind => LoopbackPair.Open(kind, bind.Address));

        // The initiation, the keepalive that confirms the session, and then three that only a timer sends
        const long bytes = 148 + (4 * 32);
        await Interop.Eventually.TrueAsync(
            () => Task.FromResult(there.Peers.Single().ReceivedBytes >= bytes), TimeSpan.FromSeconds(60), "three keepalives came");
    }

    [Fact]
    public async Task Packets_that_no_peer_has_a_route_for_are_counted()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);
        await using var socket = tunnel.ConnectUdp(IPEndPoint.Parse("10.0.0.9:53"));

        await socket.Output.WriteAsync(new byte[] { 1, 2, 3 }, Cancellation);

        Assert.Equal(1L, tunnel.GetStatistics().Sent[SendOutcome.NoRoute]);
        Assert.Equal(0L, tunnel.GetStatistics().Sent[SendOutcome.Sealed]);
    }

    [Fact]
    public async Task Tap_that_throws_is_taken_off_and_told_of_and_packets_go_on()
    {
        using var ours = PrivateKey.Generate();
        var told = new TaskCompletionSource<TunnelFault>(TaskCreationOptions.RunContinuationsAsynchronously);
        var tap = new BrokenTap();
        await using var tunnel = await StartAsync(ours, options => options with
        {
            Taps = [tap],
            Faulted = fault =>
            {
                Assert.True(told.TrySetResult(fault), "told twice");
                throw new InvalidOperationException("who hears of it is broken as well");
            },
        });
        await using var socket = tunnel.ConnectUdp(IPEndPoint.Parse("10.0.0.1:53"));

        socket.Send([1]);
        socket.Send([2]);

        var fault = await told.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.IsType<IOException>(fault.Exception);
        Assert.Equal(1, tap.Packets);
        Assert.Equal(2L, tunnel.GetStatistics().Sent[SendOutcome.PeerUnheard]);
        Assert.Equal(1L, tunnel.GetStatistics().Faults);
    }

    [Fact]
    public async Task Tap_that_throws_at_what_comes_in_is_taken_off_and_told_of_and_packets_go_on()
    {
        using var ours = PrivateKey.Generate();
        using var theirs = PrivateKey.Generate();
        List<TunnelFault> told = [];
        await using var tunnel = await StartAsync(ours, options => options with
        {
            Peers = [new PeerOptions { PublicKey = theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")] }],
            Taps = [new BrokenTap()],
            Faulted = fault =>
            {
                lock (told)
                {
                    told.Add(fault);
                }
            },
        });
        await using var peer = await StartAsync(theirs, options => options with
        {
            Addresses = [IPAddress.Parse("10.0.0.1")],
            Peers =
            [
                new PeerOptions
                {
                    PublicKey = ours.PublicKey, EndPoint = tunnel.LocalEndPoint, AllowedIPs = [IPNetwork.Parse("10.0.0.2/32")],
                },
            ],
        });
        await using var listener = tunnel.ListenTcp(80);

        await using var first = await peer.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.2:80"), Cancellation);
        await using var second = await peer.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.2:80"), Cancellation);

        Assert.Equal(1L, tunnel.GetStatistics().Faults);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                lock (told)
                {
                    return told.Count > 0;
                }
            },
            TimeSpan.FromSeconds(30)));
        Assert.Single(told);
    }

    public static TheoryData<string, Func<TunnelOptions, TunnelOptions>> OutOfRange => new()
    {
        { "Addresses", options => options with { Addresses = [] } },
        { "Peers", options => options with { Peers = [] } },
        { "Mtu", options => options with { Mtu = 575 } },
        { "Mtu", options => options with { Mtu = 65_476 } },
        { "Mtu", options => options with { Mtu = 1279, Addresses = [IPAddress.Parse("fd00::2")] } },
        { "DisposeTimeout", options => options with { DisposeTimeout = TimeSpan.FromTicks(-1) } },
        { "AeadLibrary", options => options with { AeadLibrary = (AeadLibrary)99 } },
        { "SocketBuffer", options => options with { Transport = new UdpTransportOptions { SocketBuffer = 0 } } },
        { "PersistentKeepalive", options => options with { Peers = [options.Peers[0] with { PersistentKeepalive = TimeSpan.FromSeconds(-1) }] } },
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public async Task Option_out_of_range_is_named(string name, Func<TunnelOptions, TunnelOptions> configure)
    {
        using var ours = PrivateKey.Generate();
        var error = await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StartAsync(ours, configure));
        Assert.EndsWith(name, error.ParamName, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", 80, SocketError.AddressNotAvailable)]
    [InlineData("10.0.0.1", 0, SocketError.AddressNotAvailable)]
    [InlineData("224.0.0.1", 80, SocketError.NetworkUnreachable)]
    [InlineData("255.255.255.255", 80, SocketError.NetworkUnreachable)]
    [InlineData("fd00::1", 80, SocketError.AddressFamilyNotSupported)]
    public async Task Connect_to_what_is_no_host_fails_at_once(string address, int port, SocketError expected)
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);
        var error = await Assert.ThrowsAsync<SocketException>(
            () => tunnel.ConnectTcpAsync(new IPEndPoint(IPAddress.Parse(address), port), Cancellation));
        Assert.Equal(expected, error.SocketErrorCode);
    }

    [Fact]
    public async Task Connect_beyond_the_limit_names_the_limit()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours, options => options with { Udp = new UdpOptions { MaxFlows = 1 } });
        await using var socket = tunnel.ConnectUdp(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 53));
        var error = Assert.Throws<SocketException>(() => tunnel.ConnectUdp(new IPEndPoint(IPAddress.Parse("10.0.0.1"), 53)));
        Assert.Equal(SocketError.NoBufferSpaceAvailable, error.SocketErrorCode);
        Assert.Contains("MaxFlows", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("127.0.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("ff02::1")]
    public void Address_that_cannot_be_a_hosts_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => new InterfaceAddress(IPAddress.Parse(address), 0));

    [Fact]
    public async Task Peer_without_a_key_is_refused_and_nothing_has_changed()
    {
        using var ours = PrivateKey.Generate();
        var error = await Assert.ThrowsAsync<ArgumentException>(
            () => StartAsync(ours, options => options with { Peers = [new PeerOptions { PublicKey = default }] }));
        Assert.Contains("PublicKey", error.Message, StringComparison.Ordinal);

        await using var tunnel = await StartAsync(ours);
        var before = tunnel.Peers.Select(peer => peer.PublicKey);
        using var other = PrivateKey.Generate();
        Assert.Throws<ArgumentException>(() => tunnel.SetPeers(
            [new PeerOptions { PublicKey = other.PublicKey }, new PeerOptions { PublicKey = ours.PublicKey }]));
        Assert.Equal(before, tunnel.Peers.Select(peer => peer.PublicKey));
    }

    [Fact]
    public async Task Tcp_and_udp_name_an_address_family_that_is_missing_alike()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours);
        var remote = IPEndPoint.Parse("[fd00::1]:53");
        var tcp = await Assert.ThrowsAsync<SocketException>(() => tunnel.ConnectTcpAsync(remote));
        var udp = Assert.Throws<SocketException>(() => tunnel.ConnectUdp(remote));
        Assert.Equal((SocketError.AddressFamilyNotSupported, tcp.Message), (udp.SocketErrorCode, udp.Message));
        Assert.Equal(SocketError.AddressFamilyNotSupported, tcp.SocketErrorCode);
        Assert.Contains("IPv6", tcp.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_stack_is_made_of_what_the_options_change_in_its_defaults()
    {
        using var ours = PrivateKey.Generate();
        await using var tunnel = await StartAsync(ours, options => options with
        {
            Tcp = new TcpOptions { HandshakeTimeout = TimeSpan.FromMilliseconds(50) },
        });
        var failure = await Assert.ThrowsAsync<SocketException>(
            () => tunnel.ConnectTcpAsync(IPEndPoint.Parse("10.0.0.1:80")).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(SocketError.TimedOut, failure.SocketErrorCode);
    }

    private static async Task<WireGuardTunnel> StartAsync(PrivateKey key, Func<TunnelOptions, TunnelOptions>? configure = null)
    {
        using var theirs = PrivateKey.Generate();
        var options = new TunnelOptions()
        {
            PrivateKey = key,
            Addresses = [IPAddress.Parse("10.0.0.2")],
            Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Loopback, 0) },
            Peers = [new PeerOptions { PublicKey = theirs.PublicKey, AllowedIPs = [IPNetwork.Parse("10.0.0.1/32")] }],
        };
        return await WireGuardTunnel.StartAsync(configure?.Invoke(options) ?? options, Cancellation);
    }

    private sealed class BrokenTap : IPacketTap
    {
        public int Packets { get; private set; }

        public void OnPacket(in TappedPacket packet)
        {
            Packets++;
            throw new IOException("the disk is full");
        }
    }
}
