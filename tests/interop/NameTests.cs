using System.Net;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class NameTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const int Patience = 10_000;

    [Fact]
    public async Task A_name_is_asked_for_through_a_UDP_forward()
    {
        var forward = Forward.ToPeer(WireGuardPeer.DnsPort) with { Protocols = ["UDP"] };
        await StartAsync(forward);
        using var udp = new UdpClientTransport(forward.Local.Port);

        var answer = await AskAsync(WireGuardPeer.Name, RecordType.A, udp);

        Assert.Equal(WireGuardPeer.Address, answer.AnswerRecords.OfType<ARecord>().Single().Address);
    }

    [Fact]
    public async Task An_answer_too_long_for_UDP_comes_by_TCP_through_the_same_port()
    {
        var forward = Forward.ToPeer(WireGuardPeer.DnsPort) with { Protocols = ["TCP", "UDP"] };
        var onetun = await StartAsync(forward);
        using var udp = new UdpClientTransport(forward.Local.Port);
        using var tcp = new TcpClientTransport(forward.Local.Port);

        var answer = await AskAsync("long.onetun.test", RecordType.Txt, udp, tcp);

        Assert.Equal(2000, answer.AnswerRecords.OfType<TxtRecord>().Single().TextData.Length);
        Assert.Contains("Incoming connection", onetun.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("+noedns", WireGuardPeer.Name, "A", "10.99.0.1\n")]
    [InlineData("+edns=0", WireGuardPeer.Name, "A", "10.99.0.1\n")]
    // Which is too long for UDP without EDNS, and with as much of it as the server gives
    [InlineData("+noedns", "long.onetun.test", "TXT", "0010\"\n")]
    [InlineData("+bufsize=4096", "long.onetun.test", "TXT", "0010\"\n")]
    public async Task Dig_is_answered_with_and_without_EDNS(string option, string name, string type, string end)
    {
        Tool.SkipUnlessInstalled("dig");
        var forward = Forward.ToPeer(WireGuardPeer.DnsPort) with { Protocols = ["TCP", "UDP"] };
        await StartAsync(forward);

        var (exitCode, answer, error) = await Tool.RunAsync(
            "dig", "-r", "+short", "+tries=3", option, $"@{forward.Local.Address}", "-p", $"{forward.Local.Port}", name, type);

        Assert.True(exitCode == 0, $"dig: {exitCode} {answer} {error}");
        Assert.EndsWith(end, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_forward_to_a_name_asks_the_resolver_behind_the_tunnel()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        string[] options = [$"{forward.Local}:{WireGuardPeer.Name}:80", "--dns", $"{WireGuardPeer.Address}"];
        await StartAsync([], options);

        Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(20)), StringComparison.Ordinal);
    }

    // A datagram may be lost, so the question is asked again
    private static async Task<DnsMessage> AskAsync(string name, RecordType type, params IClientTransport[] transports)
    {
        var client = new DnsClient([IPAddress.Loopback], transports, disposeTransport: false, queryTimeout: Patience);
        DnsMessage? answer = null;
        for (var attempt = 0; attempt < 3 && answer is null; attempt++)
        {
            answer = await client.ResolveAsync(DomainName.Parse(name), type, token: Cancellation);
        }

        return Assert.IsType<DnsMessage>(answer);
    }
}
