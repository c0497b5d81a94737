using System.Text.Json;

namespace Onetun.Interop;

public sealed class ManyConnectionsTests(PlainPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>
{
    // 16 KiB for each connection of the second half. How many of 500 hold a buffer of 64 KiB at once differs from round to round
    // by some 20 MB: two rounds have most of that behind them, and two more make little of what is left.
    private const long MostGrown = 3000 * 16 * 1024;

    [Fact]
    public async Task Thousand_connections_in_a_row_and_five_hundred_at_once_leave_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Open files are counted in /proc");
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort);
        var others = await Peer.ReadClientsAsync(WireGuardPeer.EchoPort);
        var onetun = await StartAsync(forward);
        await OpenAndCloseAsync(forward);
        await OpenAndCloseAsync(forward);
        await AssertNothingIsOpenAsync(onetun, total: 3000, others);
        var (files, memory) = (onetun.OpenFiles, onetun.ResidentBytes);

        await OpenAndCloseAsync(forward);
        await OpenAndCloseAsync(forward);
        await AssertNothingIsOpenAsync(onetun, total: 6000, others);

        Assert.InRange(onetun.OpenFiles, 0, files);
        Assert.InRange(onetun.ResidentBytes, 0, memory + MostGrown);
    }

    private static async Task OpenAndCloseAsync(Forward forward)
    {
        var many = Enumerable.Range(0, 500).Select(number => Traffic.EchoAsync(forward, number, count: 10_000));
        await Task.WhenAll(many).WaitAsync(TimeSpan.FromMinutes(3), Cancellation);
        for (var number = 0; number < 1000; number++)
        {
            await Traffic.EchoAsync(forward, seed: number, count: 100);
        }
    }

    private async Task AssertNothingIsOpenAsync(OnetunProcess onetun, int total, IEnumerable<string> others)
    {
        await Eventually.TrueAsync(
            async () => await ReadConnectionsAsync(onetun) == (0, total), TimeSpan.FromSeconds(30), "none is open here");
        await Eventually.TrueAsync(
            async () => !(await Peer.ReadClientsAsync(WireGuardPeer.EchoPort)).Except(others).Any(),
            TimeSpan.FromSeconds(30),
            "none is open at the peer");
    }

    private static async Task<(int Open, int Total)> ReadConnectionsAsync(OnetunProcess onetun)
    {
        var (_, report, _) = await Tool.RunAsync(Checkout.Onetun, "status", "--json");
        var forward = JsonDocument.Parse(report).RootElement.EnumerateArray()
            .Single(process => process.GetProperty("pid").GetInt32() == onetun.Id)
            .GetProperty("forwards").EnumerateArray().Single();
        return (forward.GetProperty("open").GetInt32(), forward.GetProperty("total").GetInt32());
    }
}
