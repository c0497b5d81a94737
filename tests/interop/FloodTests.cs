using System.Net;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class FloodTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const int PerSecond = 10_000;

    // .. turn about with quiet, as the neighbours on the machine come and go
    private const int Rounds = 5;

    // .. half a second of it or so
    private const int QuietBytes = 20_000_000;

    [Fact]
    public async Task Fifty_thousand_initiations_leave_a_transfer_its_speed_and_an_honest_peer_its_answer()
    {
        var forward = Forward.ToPeer(WireGuardPeer.ZeroesPort);
        var port = FreePort.Udp();
        await StartAsync([forward], ["--endpoint-bind-addr", $"0.0.0.0:{port}"]);
        using var flood = new InitiationFlood(
            new IPEndPoint(IPAddress.Loopback, port), await Peer.RunAsync("cat /keys/client.pub"));
        await using var stream = await Traffic.ConnectAsync(forward);
        var transfer = new Meter(stream);
        await WaitForBytesAsync(transfer, 10_000_000);

        await AssertKeepsHalfItsSpeedAsync(transfer, () => flood.SendAsync(25_000 / Rounds, PerSecond, withMac1: false));
        Assert.Equal(0, flood.CookieReplies);
        await AssertKeepsHalfItsSpeedAsync(transfer, () => flood.SendAsync(25_000 / Rounds, PerSecond, withMac1: true));
        Assert.NotEqual(0, flood.CookieReplies);

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

        await StartAsync([forward], ["--keep-alive", "25"]);
        await Eventually.TrueAsync(
            async () => await Peer.ReadLatestHandshakeAsync() > 0, TimeSpan.FromSeconds(20), "our handshake is answered");

        var during = flood.CookieReplies;
        await Eventually.TrueAsync(
            () => Task.FromResult(flood.CookieReplies > during), TimeSpan.FromSeconds(5), "the pressure lasted until then");
        await stop.CancelAsync();
        await flooding;
        Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
    }

    private static async Task AssertKeepsHalfItsSpeedAsync(Meter transfer, Func<Task> flood)
    {
        var (quiet, flooded) = (0.0, 0.0);
        for (var round = 0; round < Rounds; round++)
        {
            quiet += await transfer.MeasureAsync(WaitForBytesAsync(transfer, transfer.Count + QuietBytes)) / Rounds;
            flooded += await transfer.MeasureAsync(flood()) / Rounds;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{quiet / 1e6:f1} MB/s in quiet, {flooded / 1e6:f1} in the flood");
        Assert.InRange(flooded, quiet / 2, double.MaxValue);
    }

    private static Task WaitForBytesAsync(Meter transfer, long count) => Eventually.TrueAsync(
        () => Task.FromResult(transfer.Count >= count), TimeSpan.FromSeconds(30), $"{count} bytes have come");
}
