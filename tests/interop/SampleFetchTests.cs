namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class SampleFetchTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    [Fact]
    public async Task The_program_of_the_readme_fetches_the_peers_page()
    {
        var file = new ConfigurationFile(Peer);
        await file.WriteAsync();
        await using var fetch = Sample.Start("Fetch", file.Path, $"http://{WireGuardPeer.Address}/");
        Assert.Equal("Hello from the other side of the tunnel", (await fetch.EndAsync())[0]);
    }
}
