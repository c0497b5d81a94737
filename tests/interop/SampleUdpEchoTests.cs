namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class SampleUdpEchoTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task Who_sends_in_the_network_gets_its_words_back_until_Ctrl_C()
    {
        await Peer.ForgetUsAsync();
        var configuration = new ConfigurationFile(Peer);
        await configuration.WriteAsync();
        await using var echo = Sample.Start("UdpEcho", configuration.Path, "9000");
        await echo.WaitForAsync("Echoing on 10.99.0.2:9000");

        Assert.Equal("hello", await AskAsync("hello"));
        Assert.Equal("and again", await AskAsync("and again"));
        Assert.Equal("Waiting for the handshake", (await echo.StopAsync())[0]);
    }

    [Fact]
    public async Task A_datagram_that_wants_no_answer_does_not_end_it()
    {
        var configuration = new ConfigurationFile(Peer);
        await configuration.WriteAsync();
        await using var echo = Sample.Start("UdpEcho", configuration.Path, "9000");
        await echo.WaitForAsync("Echoing on 10.99.0.2:9000");

        // From port 0, which is none (RFC 768); no program of sockets sends it
        await Peer.RunAsync(
            "perl -MSocket -e 'socket(S, PF_INET, SOCK_RAW, 17) && send(S, pack(\"n4\", 0, 9000, 8, 0), 0, "
            + "pack_sockaddr_in(0, inet_aton(\"10.99.0.2\"))) or die $!'");
        Assert.Equal("hello", await AskAsync("hello"));
        await echo.StopAsync();
    }

    // A datagram may be lost, so the question is asked again
    private async Task<string> AskAsync(string words)
    {
        var answer = "";
        await Eventually.TrueAsync(
            async () => (answer = await Peer.RunAsync($"echo -n '{words}' | socat -t 2 - UDP4:10.99.0.2:9000")).Length > 0,
            TimeSpan.FromSeconds(30),
            $"an echo of {words}");
        return answer;
    }
}
