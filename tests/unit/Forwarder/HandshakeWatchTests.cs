using Onetun.Forwarder.Common;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Names;
using Onetun.Tunnel;
using Onetun.WireGuard;
using Xunit;

namespace Onetun.Forwarder.Tests;

public sealed class HandshakeWatchTests
{
    [Fact]
    public async Task A_peer_that_does_not_answer_is_told_of_once_and_again_when_it_does()
    {
        await using var pair = await TunnelPair.StartAsync();
        var log = new TestLog();
        using var key = PrivateKey.Generate();
        var options = new TunnelOptions { PrivateKey = key, Addresses = [TunnelPair.OurAddress], Peers = [] };
        var names = new NameCache(_ => Task.FromResult(NameAnswer.None), TimeProvider.System);
        await using var watch = new HandshakeWatch(
            pair.Ours, new EndpointSearch(pair.Ours, names, log), new PathWatch(options, log), null, () => new Dictionary<PublicKey, NamedEndPoint>(), log);
        var peer = pair.Ours.Peers[0] with { PublicKey = key.PublicKey, HasSession = false };
        foreach (var attempts in new[] { 0, 1, 2 })
        {
            watch.Look(peer with { HandshakeAttempts = attempts });
        }

        watch.Look(peer with { HasSession = true });
        Assert.Equal(
            [
                $"No answer to the WireGuard handshake from [{peer.EndPoint}] for 5 s, still trying: are address and keys right, does the peer know ours, does a firewall drop UDP?",
                $"[{peer.EndPoint}] answers the WireGuard handshake now",
            ],
            log.Lines);
    }
}
