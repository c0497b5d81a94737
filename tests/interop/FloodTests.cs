using System.Net;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class FloodTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const int PerSecond = 10_000;

    // What a transfer carries beside each part of the flood, in seconds whatever the machine has to do besides
    private const int Progress = 20_000_000;

    // A few of the tables that it might fill
    private const long MostGrown = 100_000_000;

    [Fact]
    public async Task Fifty_thousand_initiations_stop_no_transfer_take_no_memory_and_leave_an_honest_peer_its_answer()
    {
        var forward = Forward.ToPeer(WireGuardPeer.ZeroesPort);
        var port = FreePort.Udp();
        var onetun = await StartAsync([forward], ["--endpoint-bind-addr", $"0.0.0.0:{port}"]);
        using var flood = new InitiationFlood(
            new IPEndPoint(IPAddress.Loopback, port), await Peer.RunAsync("cat /keys/client.pub"));
        await using var stream = await Traffic.ConnectAsync(forward);
        var transfer = new Meter(stream);
        await WaitForBytesAsync(transfer, 10_000_000);

        var memory = onetun.ResidentBytes;

        await AssertGoesOnAsync(transfer, flood, withMac1: false);
        Assert.Equal(0, flood.CookieReplies);
        await AssertGoesOnAsync(transfer, flood, withMac1: true);
        Assert.NotEqual(0, flood.CookieReplies);
        Assert.InRange(onetun.ResidentBytes, 0, memory + MostGrown);

        using var stop = new CancellationTokenSource();
        var flooding = flood.SendAsync(int.MaxValue, PerSecond, withMac1: true, stop.Token);
        await Peer.SpeakFirstAsync(port);
        await Eventually.TrueAsync(
            async () => await Peer.ReadLatestHandshakeAsync() > 0, TimeSpan.FromSeconds(10), "the peer's handshake is answered");
        await WaitForBytesAsync(transfer, transfer.Count + 1_000_000);
        await stop.CancelAsync();
        await flooding;
        await Peer.FallSilentAsync();
    }

    [Fact]
    public async Task A_peer_under_cookie_pressure_lets_us_in()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        using var flood = new InitiationFlood(Peer.EndPoint, Peer.PublicKey);
        using var stop = new CancellationTokenSource();
        await Peer.ForgetUsAsync();
        var flooding = flood.SendAsync(int.MaxValue, PerSecond, withMac1: true, stop.Token);
        await Eventually.TrueAsync(
            () => Task.FromResult(flood.CookieReplies > 0), TimeSpan.FromSeconds(20), "the peer replies with cookies");

        await StartAsync(forward);
        // Of what follows the handshake the flood may drown some: TCP sends that again
        Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(60)), StringComparison.Ordinal);

        var during = flood.CookieReplies;
        await Eventually.TrueAsync(
            () => Task.FromResult(flood.CookieReplies > during), TimeSpan.FromSeconds(20), "the pressure lasted until then");
        await stop.CancelAsync();
        await flooding;
    }

    /// <summary>Half of the flood, and as much more of it as a piece of the transfer takes.</summary>
    private static async Task AssertGoesOnAsync(Meter transfer, InitiationFlood flood, bool withMac1)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        await flood.SendAsync(25_000, PerSecond, withMac1);
        var flooding = flood.SendAsync(int.MaxValue, PerSecond, withMac1, enough.Token);
        await WaitForBytesAsync(transfer, transfer.Count + Progress);
        await enough.CancelAsync();
        await flooding;
    }

    private static Task WaitForBytesAsync(Meter transfer, long count) => Eventually.TrueAsync(
        () => Task.FromResult(transfer.Count >= count), TimeSpan.FromSeconds(30), $"{count} bytes have come");
}
