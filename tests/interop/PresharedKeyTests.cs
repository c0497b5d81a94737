namespace Onetun.Interop;

public sealed class PresharedKeyTests(PresharedKeyPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PresharedKeyPeer>
{
    [Fact]
    public async Task The_tunnel_opens_with_the_preshared_key()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        await StartAsync([forward], ["--preshared-key", Peer.PresharedKey]);

        Assert.StartsWith("Hello", await Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tunnel_stays_shut_without_the_preshared_key()
    {
        var forward = Forward.ToPeer(WireGuardPeer.HttpPort);
        await StartAsync(forward);

        await Assert.ThrowsAnyAsync<Exception>(() => Traffic.GetPageAsync(forward, TimeSpan.FromSeconds(7)));
    }
}
