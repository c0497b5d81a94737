using System.Text.Json;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class Iperf3Tests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Theory]
    [InlineData]
    [InlineData("--reverse")]
    public async Task Iperf3_sends_UDP_through_a_forward_of_both_protocols(params string[] direction)
    {
        Tool.SkipUnlessInstalled("iperf3");
        var forward = Forward.ToPeer(WireGuardPeer.Iperf3Port) with { Protocols = ["TCP", "UDP"] };
        await StartAsync(forward);

        // 521 datagrams a second
        var (exitCode, report, error) = await Tool.RunAsync(
            "iperf3",
            [
                "--client", $"{forward.Local.Address}", "--port", $"{forward.Local.Port}", "--json",
                "--udp", "--length", "1200", "--bitrate", "5M", "--time", "3", .. direction,
            ]);

        Assert.True(exitCode == 0, $"iperf3: {exitCode} {error}{report}");
        var sum = JsonDocument.Parse(report).RootElement.GetProperty("end").GetProperty("sum");
        var (sent, lost) = (sum.GetProperty("packets").GetInt32(), sum.GetProperty("lost_packets").GetInt32());
        // How many the machine has no time for says nothing of us
        Assert.InRange(sent, 100, int.MaxValue);
        Assert.InRange(lost, 0, sent / 2);
    }
}
