namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class ManyConnectionsTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task Thousand_connections_in_a_row_and_five_hundred_at_once_leave_no_file_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Open files are counted in /proc");
        var forward = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync(forward);
        await Traffic.EchoAsync(forward, seed: 0, count: 100);
        var before = onetun.OpenFiles;

        for (var number = 0; number < 1000; number++)
        {
            await Traffic.EchoAsync(forward, seed: number, count: 100);
        }

        var many = Enumerable.Range(0, 500).Select(number => Traffic.EchoAsync(forward, number, count: 10_000));
        await Task.WhenAll(many).WaitAsync(TimeSpan.FromMinutes(3), Cancellation);

        await Eventually.TrueAsync(
            () => Task.FromResult(onetun.OpenFiles <= before), TimeSpan.FromSeconds(30), "its files are closed again");
    }
}
