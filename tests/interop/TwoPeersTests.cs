using System.Net;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class TwoPeersTests(PlainPeer peer, PresharedKeyPeer second, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PresharedKeyPeer>
{
    [Fact]
    public async Task A_wg_quick_file_with_two_peers_routes_by_allowed_IPs()
    {
        await second.RunAsync("ip address add 10.98.0.1/24 dev wg0; echo The second peer >/srv/www/index.html");
        var publicKey = await Peer.RunAsync("cat /keys/client.pub");
        await second.RunAsync($"wg set wg0 peer {publicKey.Trim()} allowed-ips 10.99.0.2/32 preshared-key /keys/psk");
        var file = await WriteConfigurationAsync();

        var (one, other) = (Forward.ToPeer(WireGuardPeer.HttpPort), Forward.ToPeer(80, IPAddress.Parse("10.98.0.1")));
        await StartAsync([$"{one}", $"{other}", "--config", file], announcements: 2);

        Assert.StartsWith("Hello", await Traffic.GetPageAsync(one, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        Assert.Equal("The second peer\n", await Traffic.GetPageAsync(other, TimeSpan.FromSeconds(10)));
    }

    private async Task<string> WriteConfigurationAsync()
    {
        var file = Path.Combine(Peer.Keys.FullName, "wg0.conf");
        await File.WriteAllTextAsync(
            file,
            $"""
            [Interface]
            PrivateKey = {(await File.ReadAllTextAsync(Peer.PrivateKeyFile, Cancellation)).Trim()}
            Address = 10.99.0.2/32

            [Peer]
            PublicKey = {Peer.PublicKey}
            AllowedIPs = 10.99.0.0/24
            Endpoint = {Peer.EndPoint}

            [Peer]
            PublicKey = {second.PublicKey}
            PresharedKey = {second.PresharedKey}
            AllowedIPs = 10.98.0.0/24
            Endpoint = {second.EndPoint}

            """,
            Cancellation);
        return file;
    }
}
