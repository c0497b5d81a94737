using System.Diagnostics;

namespace Onetun.Interop;

public sealed class SessionTests(PlainPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>
{
    [Fact]
    public async Task A_transfer_of_130_s_is_rekeyed_without_a_stall()
    {
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort);
        await StartAsync(forward);
        await using var stream = await Traffic.ConnectAsync(forward);
        await stream.EchoBlockAsync();
        var firstHandshake = await Peer.ReadLatestHandshakeAsync();

        var longest = TimeSpan.Zero;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(130);)
        {
            var begin = clock.Elapsed;
            await stream.EchoBlockAsync();
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, (clock.Elapsed - begin).Ticks));
            await Task.Delay(10, Cancellation);
        }

        Assert.InRange(await Peer.ReadLatestHandshakeAsync(), firstHandshake + 100, long.MaxValue);
        // Less than the 15 s after which a lost session is noticed, and the 5 s between two initiations
        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(4));
    }

    [Fact]
    public async Task A_transfer_goes_on_when_our_port_changes()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        using var relay = new UdpRelay(Peer.EndPoint);
        // Who only receives has nothing to say when nothing comes: without keepalives it would take 15 s to notice
        await StartAsync([forward], ["--keep-alive", "1"], relay.EndPoint);
        await using var body = await Traffic.Http.GetStreamAsync(forward.Uri(HugeFile.Name), Cancellation);
        var (before, _) = await body.ReceiveAsync(limit: 10_000_000);

        relay.ChangePort();

        var (after, _) = await body.ReceiveAsync().WaitAsync(TimeSpan.FromMinutes(1), Cancellation);
        Assert.Equal(HugeFile.Length, before + after);
    }

    [Fact]
    public async Task The_peer_may_speak_first()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        var port = FreePort.Udp();
        await StartAsync([forward], ["--endpoint-bind-addr", $"0.0.0.0:{port}"]);

        await Peer.SpeakFirstAsync(port);
        await Eventually.TrueAsync(
            async () => await Peer.ReadLatestHandshakeAsync() > 0, TimeSpan.FromSeconds(10), "the peer's handshake is answered");
        Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        await Peer.FallSilentAsync();
    }
}
