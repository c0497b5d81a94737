using System.Net;

namespace Onetun.Interop;

public sealed class MovingPeerTests(PlainPeer peer, PresharedKeyPeer elsewhere, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PlainPeer>, IClassFixture<PresharedKeyPeer>
{
    private const string Name = "peer.onetun.test";

    [Fact]
    public async Task A_peer_known_by_name_is_found_again_in_another_container()
    {
        Tool.SkipUnlessInstalled("unshare");
        var port = FreePort.Udp();
        await MakeTwinAsync();
        using var there = new UdpRelay(elsewhere.EndPoint, new IPEndPoint(IPAddress.Parse("127.0.0.3"), port));
        var hosts = Path.Combine(Peer.Keys.FullName, "hosts");
        await File.WriteAllTextAsync(hosts, $"127.0.0.2 {Name}\n", Cancellation);
        var page = Forward.ToPeer(WireGuardPeer.HttpPort);
        var configuration = new ConfigurationFile(Peer) { EndPoint = $"{Name}:{port}" };
        await configuration.WriteAsync();

        using (new UdpRelay(Peer.EndPoint, new IPEndPoint(IPAddress.Parse("127.0.0.2"), port)))
        {
            await StartWithHostsAsync(hosts, "--config", configuration.Path, $"{page}");
            Assert.StartsWith("Hello", await Traffic.GetPageAsync(page, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(hosts, $"127.0.0.3 {Name}\n", Cancellation);

        // 15 s of silence, two initiations 5 s apart, and then the name is looked up again
        await Eventually.TrueAsync(
            async () => await Traffic.TryGetPageAsync(page, TimeSpan.FromSeconds(5)) == "Elsewhere\n",
            TimeSpan.FromSeconds(90),
            "the page comes from the other container");
    }

    // The same keys and addresses, but another page
    private async Task MakeTwinAsync()
    {
        var (key, client) = (await Peer.RunAsync("cat /keys/peer.key"), await Peer.RunAsync("cat /keys/client.pub"));
        await elsewhere.RunAsync(
            $"echo Elsewhere >/srv/www/index.html && echo {key.Trim()} >/tmp/twin.key && wg set wg0 private-key /tmp/twin.key "
            + $"peer {client.Trim()} allowed-ips 10.99.0.2/32");
    }

    // a hosts file of its own: nothing of the machine's is changed
    private Task<OnetunProcess> StartWithHostsAsync(string hosts, params string[] arguments)
    {
        string[] asRoot = Environment.IsPrivilegedProcess ? [] : ["--map-root-user"];
        const string Script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
        return StartAsync("unshare", ["--mount", .. asRoot, "sh", "-c", Script, hosts, Checkout.Onetun, .. arguments], 1);
    }
}
