namespace Onetun.Interop;

/// <summary>The sample of a web API, as a peer of the container.</summary>
[Collection(nameof(PlainPeer))]
public sealed class SampleWebApiTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task Curl_writes_a_note_and_reads_it_with_its_authors_name()
    {
        await using var api = Sample.Start("WebApi",
            $"--Office:PrivateKeyFile={Peer.PrivateKeyFile}", "--Office:Addresses=10.99.0.2/24",
            $"--Office:Peers:0:PublicKey={Peer.PublicKey}", $"--Office:Peers:0:Endpoint={Peer.EndPoint}",
            "--Office:Peers:0:AllowedIPs=10.99.0.0/24", "--Office:Peers:0:PersistentKeepalive=1",
            $"--People:container={Peer.PublicKey}");
        await api.WaitForAsync("Application started");

        await RunAsync("-H 'Content-Type: application/json' -d '{\"text\":\"bread\"}' http://10.99.0.2/notes");

        Assert.Equal("""[{"text":"bread","author":"container"}]""", await RunAsync("http://10.99.0.2/notes"));
        await api.StopAsync("TERM");
    }

    private Task<string> RunAsync(string options) => Peer.RunAsync($"curl --silent --show-error --fail --max-time 60 {options}");
}
