using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Onetun.NetStack;
using Onetun.Tests.Support;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Tunnel.Tests;

/// <summary>A host with several addresses answers a peer from the one that the peer speaks to.</summary>
[Collection(Alone.Name)]
public sealed class StickySourceTests
{
    private static readonly IPAddress OurAddress = IPAddress.Parse("10.0.0.2");
    private static readonly IPAddress TheirAddress = IPAddress.Parse("10.0.0.1");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StickySourceTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only");
        Assert.SkipUnless(Socket.OSSupportsIPv6, "this machine has no IPv6");
    }

    // An answer from elsewhere would move the peer's idea of where we are there.
    [Theory]
    [InlineData("0.0.0.0", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", true)]
    [InlineData("::", false)]
    public async Task Peer_that_speaks_to_our_second_address_has_its_handshake_and_data_answered_from_there(
        string bind, bool offload)
    {
        using var ourKey = PrivateKey.Generate();
        using var theirKey = PrivateKey.Generate();
        await using var ours = await StartAsync(ourKey, OurAddress, bind, theirKey.PublicKey, TheirAddress, null, offload);
        var second = new IPEndPoint(IPAddress.Parse("127.0.0.3"), ours.LocalEndPoint.Port);
        await using var theirs = await StartAsync(
            theirKey, TheirAddress, "127.0.0.1", ourKey.PublicKey, OurAddress, second, offload);
        await using var listener = ours.ListenTcp(80);

        await using var socket = await theirs.ConnectTcpAsync(new IPEndPoint(OurAddress, 80), Cancellation);
        Assert.Equal(second, theirs.Peers.Single().EndPoint);

        await using var accepted = await listener.AcceptOneAsync(Cancellation);
        await accepted.Output.WriteAsync(new byte[200_000], Cancellation);
        for (long read = 0; read < 200_000;)
        {
            var result = await socket.Input.ReadAsync(Cancellation);
            read += result.Buffer.Length;
            socket.Input.AdvanceTo(result.Buffer.End);
        }

        Assert.Equal(second, theirs.Peers.Single().EndPoint);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Trains_to_and_from_our_second_address_are_one_system_call_each(TransportKind kind, string bind)
    {
        using var pair = new LoopbackPair(kind, ipv6: false);
        using var wide = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        using var received = wide.CreateReceiveBatch();
        using var there = LoopbackPair.Batch(Sizes, Second(wide));
        pair.Left.Send(there);
        Assert.Equal(Sizes.Length, wide.Receive(received));
        Assert.Equal(pair.LeftEndpoint with { Source = Second(wide).Address }, received.SourceOf(0));

        using var back = LoopbackPair.Batch(Sizes, received.SourceOf(0));
        wide.Send(back);
        var answers = pair.Receive(pair.Left, Sizes.Length);
        Assert.Equal(Sizes, answers.Select(answer => answer.Bytes.Length));
        Assert.All(answers, answer => Assert.Equal(Second(wide), answer.Source));

        var trains = kind == TransportKind.Offloaded && wide.Statistics is { SendOffload: true, ReceiveOffload: true } ? 1 : 0;
        Assert.Equal((1, trains), (wide.Statistics.Received.SystemCalls, wide.Statistics.Received.Trains));
        Assert.Equal((1, trains), (wide.Statistics.Sent.SystemCalls, wide.Statistics.Sent.Trains));
    }

    [Theory, MemberData(nameof(Cases))]
    public void Datagrams_from_an_address_that_is_not_ours_any_more_leave_from_another_in_order(TransportKind kind, string bind)
    {
        using var pair = new LoopbackPair(kind, ipv6: false);
        using var wide = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        var gone = pair.LeftEndpoint with { Source = NotOurs };
        var second = pair.LeftEndpoint with { Source = Second(wide).Address };
        using var batch = new DatagramBatch(64 << 10, 64);
        int[] sizes = [900, 900, 900, 800, 900, 700];
        UdpEndPoint[] destinations = [second, gone, gone, gone, second, gone];
        foreach ((var size, var destination) in sizes.Zip(destinations))
        {
            LoopbackPair.Add(batch, size, destination);
        }

        wide.Send(batch);

        var answers = pair.Receive(pair.Left, sizes.Length);
        Assert.Equal(sizes, answers.Select(answer => answer.Bytes.Length));
        var first = Second(wide) with { Address = Second(wide).Address - 2 };
        Assert.Equal([Second(wide), first, first, first, Second(wide), first], answers.Select(answer => answer.Source));
        Assert.Equal(gone, batch.Refused);
        Assert.Equal(sizes.Length, wide.Statistics.Sent.Datagrams);
        Assert.Equal(0, wide.Statistics.Sent.OtherErrors);
    }

    [Theory, InlineData("2001:db8::1"), InlineData("fe80::1")]
    public void Datagrams_over_IPv6_leave_from_another_address_too(string gone)
    {
        using var pair = new LoopbackPair(TransportKind.Offloaded, ipv6: true);
        using var wide = LoopbackPair.Open(TransportKind.Offloaded, IPAddress.IPv6Any);
        var source = UdpEndPoint.From(new IPEndPoint(IPAddress.Parse(gone), 0)).Address;
        using var batch = LoopbackPair.Batch(Sizes, pair.LeftEndpoint with { Source = source });
        wide.Send(batch);
        Assert.Equal(Sizes, pair.Receive(pair.Left, Sizes.Length).Select(datagram => datagram.Bytes.Length));
        Assert.Equal(pair.LeftEndpoint with { Source = source }, batch.Refused);
    }

    [Theory, MemberData(nameof(Cases))]
    public void Answers_from_our_second_address_allocate_nothing(TransportKind kind, string bind)
    {
        using var pair = new LoopbackPair(kind, ipv6: false);
        using var wide = LoopbackPair.Open(kind, IPAddress.Parse(bind));
        using var received = wide.CreateReceiveBatch();
        using var back = new DatagramBatch(64 << 10, 64);
        using var there = LoopbackPair.Batch(Sizes, Second(wide));
        Exchange(10);
        Assert.Equal(0, Allocation.LeastOf(() => Exchange(20)));
        Assert.Equal(Second(wide).Address, received.SourceOf(0).Source);

        void Exchange(int rounds)
        {
            for (var round = 0; round < rounds; round++)
            {
                pair.Left.Send(there);
                wide.Receive(received);
                for (var i = 0; i < received.Count && back.TryGetSlot(received[i].Length, out var slot); i++)
                {
                    received[i].CopyTo(slot);
                    back.Commit(received[i].Length, received.SourceOf(i));
                }

                wide.Send(back);
                back.Clear();
            }
        }
    }

    [Fact]
    public void Peer_of_our_link_is_answered_from_the_address_of_that_link()
    {
        var address = NetworkInterface.GetAllNetworkInterfaces()
            .Where(link => link.OperationalStatus == OperationalStatus.Up)
            .SelectMany(link => link.GetIPProperties().UnicastAddresses, (_, one) => one.Address)
            .FirstOrDefault(one => one.IsIPv6LinkLocal);
        Assert.SkipWhen(address is null, "this machine has no link-local address");
        using var pair = new LoopbackPair(TransportKind.Offloaded, ipv6: true);
        using var wide = LoopbackPair.Open(TransportKind.Offloaded, IPAddress.IPv6Any);
        using var peer = LoopbackPair.Open(TransportKind.Offloaded, address);
        using var received = wide.CreateReceiveBatch();
        var here = UdpEndPoint.From(new IPEndPoint(address, wide.LocalEndPoint.Port));
        using var there = LoopbackPair.Batch([100], here);
        peer.Send(there);
        Assert.Equal(1, wide.Receive(received));
        Assert.Equal(UdpEndPoint.From(peer.LocalEndPoint) with { Source = here.Address }, received.SourceOf(0));

        using var back = LoopbackPair.Batch([100], received.SourceOf(0));
        wide.Send(back);
        Assert.Equal(here, pair.Receive(peer, 1)[0].Source);
        Assert.True(back.Refused.IsNone);
    }

    [Fact]
    public async Task Peer_that_spoke_to_an_address_that_is_gone_is_reached_at_once_from_another()
    {
        using var ourKey = PrivateKey.Generate();
        using var theirKey = PrivateKey.Generate();
        using var peer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        peer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var device = new Device(new DeviceOptions { PrivateKey = ourKey }, new SystemEnvironment(Clock.Instance));
        var transport = LoopbackPair.Movable(new IPEndPoint(IPAddress.Any, 0));
        using var driver = new TunnelDriver(new IpStack(new IpStackOptions { Addresses = [OurAddress], Secret = new byte[32] }), device, transport, new DriverOptions());
        driver.Start();
        var endpoint = UdpEndPoint.From((IPEndPoint)peer.LocalEndPoint!) with { Source = NotOurs };

        driver.WithDevice((device, now) =>
        {
            var added = device.AddPeer(now, new PeerOptions { PublicKey = theirKey.PublicKey });
            device.SetEndPoint(now, added, endpoint);
            device.SendKeepalive(now, added);
        });

        var buffer = new byte[1000];
        var initiation = await peer.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), Cancellation);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, transport.LocalEndPoint.Port), initiation.RemoteEndPoint);
        Assert.Equal(endpoint.Remote, driver.WithDevice((device, _) => device.Peers.Single().EndPoint));
    }

    public static IEnumerable<TheoryDataRow<TransportKind, string>> Cases =>
        from kind in new[] { TransportKind.Batched, TransportKind.Offloaded }
        from bind in new[] { "0.0.0.0", "::" }
        select new TheoryDataRow<TransportKind, string>(kind, bind);

    private static int[] Sizes { get; } = [.. Enumerable.Repeat(1452, 39), 700];

    /// <summary>Of a network that is for documentation (RFC 5737).</summary>
    private static UInt128 NotOurs { get; } = UdpEndPoint.From(IPEndPoint.Parse("203.0.113.1:0")).Address;

    private static UdpEndPoint Second(IUdpTransport transport) =>
        UdpEndPoint.From(new IPEndPoint(IPAddress.Parse("127.0.0.3"), transport.LocalEndPoint.Port));

    private static Task<WireGuardTunnel> StartAsync(
        PrivateKey key, IPAddress address, string bind, PublicKey peer, IPAddress peerAddress, IPEndPoint? endPoint, bool offload) =>
        WireGuardTunnel.StartAsync(
            new TunnelOptions
            {
                PrivateKey = key,
                Addresses = [address],
                Transport = new UdpTransportOptions { BindEndPoint = new IPEndPoint(IPAddress.Parse(bind), 0), Offload = offload },
                DisposeTimeout = TimeSpan.Zero,
                Peers = [new PeerOptions { PublicKey = peer, EndPoint = endPoint, AllowedIPs = [new IPNetwork(peerAddress, 32)] }],
            },
            Cancellation);
}
