using System.Net;
using System.Net.Sockets;
using Onetun.Forwarder.Common;
using Onetun.Tunnel.Names;
using Onetun.Tunnel.Peers;
using Onetun.Tunnel.Text;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class EndpointSearchTests
{
    private readonly TestLog _log = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    // The next one, round and round
    [InlineData("203.0.113.1 203.0.113.2", "203.0.113.1:51820", "0.0.0.0:1", "203.0.113.2:51820")]
    [InlineData("203.0.113.1 203.0.113.2", "203.0.113.2:51820", "0.0.0.0:1", "203.0.113.1:51820")]
    // A name that stands for another address now
    [InlineData("203.0.113.9", "203.0.113.1:51820", "0.0.0.0:1", "203.0.113.9:51820")]
    // Nothing else to try
    [InlineData("203.0.113.1", "203.0.113.1:51820", "0.0.0.0:1", null)]
    [InlineData("", "203.0.113.1:51820", "0.0.0.0:1", null)]
    // The families that the socket has
    [InlineData("203.0.113.1 2001:db8::1", "203.0.113.1:51820", "0.0.0.0:1", null)]
    [InlineData("203.0.113.1 2001:db8::1", "203.0.113.1:51820", "[::]:1", "[2001:db8::1]:51820")]
    [InlineData("203.0.113.1 2001:db8::1", "[2001:db8::1]:51820", "[2001:db8::9]:1", null)]
    public void Addresses_of_a_name_are_tried_in_turn(string addresses, string current, string local, string? next)
    {
        IPAddress[] found = [.. addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
        Assert.Equal(next, EndpointSearch.Next(found, IPEndPoint.Parse(current), 51820, IPEndPoint.Parse(local))?.ToString());
    }

    [Fact]
    public async Task A_peer_is_looked_for_after_each_two_unanswered_handshakes()
    {
        await using var pair = await TunnelPair.StartAsync();
        var asked = 0;
        var names = new NameCache(
            _ => Task.FromResult(new NameAnswer([IPAddress.Parse($"203.0.113.{++asked}")], TimeSpan.Zero)), TimeProvider.System);
        var search = new EndpointSearch(pair.Ours.Driver, names, _log);
        var peer = pair.Ours.Peers[0];
        var name = new NamedEndPoint("vpn.example", 51820);
        foreach (var attempts in new[] { 0, 1, 2, 3, 4, 4, 5, 1, 2 })
        {
            // The last ones after it was given up, and begun again
            await search.LookAsync(peer with { HasSession = false, HandshakeAttempts = attempts }, name, Cancellation);
        }

        Assert.Equal(3, asked);
        Assert.Equal(
            ["[vpn.example:51820] does not answer, trying [203.0.113.1:51820]", "[vpn.example:51820] does not answer, trying [203.0.113.2:51820]", "[vpn.example:51820] does not answer, trying [203.0.113.3:51820]"],
            _log.Lines);
        Assert.Equal("203.0.113.3:51820", $"{pair.Ours.Peers[0].EndPoint}");
    }

    [Fact]
    public async Task A_session_that_still_stands_keeps_nobody_from_looking()
    {
        await using var pair = await TunnelPair.StartAsync();
        var names = new NameCache(
            _ => Task.FromResult(new NameAnswer([IPAddress.Parse("203.0.113.1")], TimeSpan.Zero)), TimeProvider.System);
        var peer = pair.Ours.Peers[0] with { HasSession = true, HandshakeAttempts = 2 };
        await new EndpointSearch(pair.Ours.Driver, names, _log).LookAsync(peer, new NamedEndPoint("vpn.example", 51820), Cancellation);
        Assert.Equal("203.0.113.1:51820", $"{pair.Ours.Peers[0].EndPoint}");
    }

    [Fact]
    public async Task A_name_that_has_no_address_yet_is_asked_for_until_it_has()
    {
        await using var pair = await TunnelPair.StartAsync();
        var asked = 0;
        var answer = NameAnswer.None with { TimeToLive = TimeSpan.Zero };
        var names = new NameCache(
            _ =>
            {
                asked++;
                return Task.FromResult(answer);
            },
            TimeProvider.System);
        var search = new EndpointSearch(pair.Ours.Driver, names, _log);
        var peer = pair.Ours.Peers[0] with { EndPoint = default };
        var name = new NamedEndPoint("vpn.example", 51820);
        for (var second = 0; second < 64; second++)
        {
            await search.LookAsync(peer, name, Cancellation);
        }

        Assert.InRange(asked, 10, 20);
        const string Unknown = "No address has been found for [vpn.example:51820] in 12 s: "
            + "its peer cannot be reached; the name is looked up again and again";
        Assert.Equal([Unknown], _log.Lines);
        answer = new NameAnswer([IPAddress.Parse("203.0.113.1")], TimeSpan.Zero);
        for (var second = 0; second < 16; second++)
        {
            await search.LookAsync(peer, name, Cancellation);
        }

        Assert.Equal([Unknown, "[vpn.example:51820] is at [203.0.113.1:51820]"], _log.Lines);
        Assert.Equal("203.0.113.1:51820", $"{pair.Ours.Peers[0].EndPoint}");
    }

    [Theory]
    [InlineData(true, "No resolver of this machine answers for vpn.example: ")]
    [InlineData(false, "vpn.example has no address: ")]
    public async Task Without_an_address_at_boot_a_peer_waits_for_its_name_and_the_others_do_not(bool isUnanswered, string warning)
    {
        var machine = new TestMachine();
        if (isUnanswered)
        {
            machine.Unanswered.Add("vpn.example");
        }

        machine.Files["wg0.conf"] = $"""
            [Interface]
            PrivateKey = {TestMachine.PrivateKey}
            Address = 192.168.4.3/32
            [Peer]
            PublicKey = {TestMachine.EndpointKey}
            Endpoint = vpn.example:51820
            AllowedIPs = 192.168.4.0/24
            [Peer]
            PublicKey = {TestMachine.OtherKey}
            Endpoint = 140.30.3.182:51820
            AllowedIPs = 192.168.5.0/24
            """;
        var (configuration, faults) = await machine.ReadAsync("--config", "wg0.conf", "8080:192.168.4.2:80");
        Assert.Empty(faults);
        Assert.Equal([null, "140.30.3.182:51820"], configuration!.Tunnel.Peers.Select(peer => peer.EndPoint?.ToString()));
        Assert.Equal(new NamedEndPoint("vpn.example", 51820), Assert.Single(configuration.EndpointNames).Value);
        Assert.Contains(configuration.Warnings, line => line.StartsWith(warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_tunnel_whose_peer_was_found_late_works_from_then_on()
    {
        var isUp = false;
        await using var demo = await DemoGateway.StartAsync(
            machine: new Machine
            {
                Resolve = (_, _) => isUp
                    ? Task.FromResult(new[] { IPAddress.Loopback })
                    : Task.FromException<IPAddress[]>(new SocketException((int)SocketError.TryAgain)),
            },
            peerName: "vpn.example");
        Assert.True(demo.Gateway.Peers[0].EndPoint is null);
        isUp = true;
        Assert.True(SpinWait.SpinUntil(() => demo.Gateway.Peers[0].EndPoint is not null, TimeSpan.FromSeconds(60)));
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        Assert.Contains("<html", await client.GetStringAsync(new Uri($"http://{demo.Gateway.Sources[0]}/"), Cancellation));
    }

    [Fact]
    public async Task A_peer_that_answers_is_left_alone()
    {
        await using var pair = await TunnelPair.StartAsync();
        var names = new NameCache(_ => throw new InvalidOperationException(), TimeProvider.System);
        var peer = pair.Ours.Peers[0] with { HasSession = true, HandshakeAttempts = 0 };
        await new EndpointSearch(pair.Ours.Driver, names, _log).LookAsync(peer, new NamedEndPoint("vpn.example", 51820), Cancellation);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task An_endpoint_by_name_is_remembered_and_gets_a_socket_for_both_IP_versions()
    {
        var machine = new TestMachine();
        machine.Names["vpn.example"] = ["140.30.3.182", "2001:db8::1"];
        var (configuration, _) = await machine.ReadCompleteAsync("--endpoint-addr", "vpn.example:51820");
        Assert.Equal(new NamedEndPoint("vpn.example", 51820), Assert.Single(configuration!.EndpointNames).Value);
        Assert.Equal("140.30.3.182:51820", configuration.Tunnel.Peers[0].EndPoint?.ToString());
        Assert.Equal(new IPEndPoint(Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any, 0), configuration.Tunnel.Transport.BindEndPoint);
    }
}
