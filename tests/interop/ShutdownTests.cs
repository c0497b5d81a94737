namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class ShutdownTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_onetun_within_five_seconds(string signal)
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        var onetun = await StartAsync(forward);
        await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(10));

        Assert.Equal(0, await onetun.StopAsync(signal));
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public async Task A_signal_ends_onetun_within_five_seconds_with_open_connections(string signal)
    {
        var (file, echo) = (Forward.ToPeer(WireGuardPeer.HttpPort), Forward.ToPeer(WireGuardPeer.EchoPort));
        var onetun = await StartAsync(file, echo);
        await using var idle = await Traffic.ConnectAsync(echo);
        await idle.SendAsync(seed: 5, count: 1000);
        await idle.ReceiveAsync(limit: 1000);
        await using var stalled = await Traffic.Http.GetStreamAsync(file.Uri(HugeFile.Name), Cancellation);
        await stalled.ReceiveAsync(limit: 1_000_000);

        Assert.Equal(0, await onetun.StopAsync(signal));
    }
}
