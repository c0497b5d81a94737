using System.Net.Sockets;

namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class ReloadTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private const string Applied = "Configuration reloaded";
    private const string Refused = "The changed configuration is refused";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_transfer_survives_SIGHUP_with_an_added_forward()
    {
        var (file, page) = (Forward.ToPeer(WireGuardPeer.HttpPort), Forward.ToPeer(WireGuardPeer.HttpPort));
        var (onetun, configuration) = await StartWithFileAsync(file);
        await using var body = await Traffic.Http.GetStreamAsync(file.Uri(HugeFile.Name), Cancellation);
        var (before, _) = await body.ReceiveAsync(limit: 1_000_000);

        configuration.Lines.Add($"#!onetun {page}");
        await ReloadAsync(onetun, configuration, Applied);

        Assert.StartsWith("Hello", await Traffic.GetPageAsync(page, Limit), StringComparison.Ordinal);
        var (after, _) = await body.ReceiveAsync();
        Assert.Equal(HugeFile.Length, before + after);
    }

    [Fact]
    public async Task A_bad_file_is_refused_and_the_old_one_goes_on()
    {
        var (echo, other) = (Forward.ToPeer(WireGuardPeer.EchoPort), Forward.ToPeer(WireGuardPeer.EchoPort));
        var (onetun, configuration) = await StartWithFileAsync(echo);
        await using var stream = await Traffic.ConnectAsync(echo);
        await EchoBlockAsync(stream);

        configuration.Lines.AddRange([$"#!onetun {other}", "PersistentKeepalive = often"]);
        await ReloadAsync(onetun, configuration, Refused);

        await EchoBlockAsync(stream);
        await Traffic.EchoAsync(echo, seed: 7, count: 1000);
        await Assert.ThrowsAsync<SocketException>(() => Traffic.ConnectAsync(other));
    }

    [Fact]
    public async Task A_preshared_key_that_both_sides_begin_to_use_is_used_in_the_next_handshake()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var (onetun, configuration) = await StartWithFileAsync(echo);
        await using var stream = await Traffic.ConnectAsync(echo);
        await EchoBlockAsync(stream);

        configuration.Lines.Add($"PresharedKey = {Peer.PresharedKey}");
        await ReloadAsync(onetun, configuration, Applied);
        await EchoBlockAsync(stream);

        try
        {
            // The peer's next keepalive is the next handshake
            var us = (await Peer.RunAsync("wg show wg0 endpoints")).Split('\t')[1].Trim();
            await Peer.ForgetUsAsync($"preshared-key /keys/psk endpoint {us} persistent-keepalive 1");
            await Eventually.TrueAsync(
                async () => await Peer.ReadLatestHandshakeAsync() > 0, Limit, "the handshake with the key is answered");
            await EchoBlockAsync(stream);
        }
        finally
        {
            await Peer.ForgetUsAsync();
        }
    }

    [Fact]
    public async Task A_connection_survives_new_keys_of_the_peer()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var (onetun, configuration) = await StartWithFileAsync(echo);
        await using var stream = await Traffic.ConnectAsync(echo);
        await EchoBlockAsync(stream);

        try
        {
            await Peer.RunAsync("wg genkey >/tmp/new.key && wg set wg0 private-key /tmp/new.key");
            configuration.PublicKey = (await Peer.RunAsync("wg show wg0 public-key")).Trim();
            Assert.NotEqual(Peer.PublicKey, configuration.PublicKey);
            await ReloadAsync(onetun, configuration, Applied);

            await EchoBlockAsync(stream);
        }
        finally
        {
            await Peer.RunAsync("wg set wg0 private-key /keys/peer.key");
        }
    }

    [Fact]
    public async Task A_connection_survives_new_keys_of_ours()
    {
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var (onetun, configuration) = await StartWithFileAsync(echo);
        await using var stream = await Traffic.ConnectAsync(echo);
        await EchoBlockAsync(stream);

        try
        {
            configuration.PrivateKey = (await Peer.RunAsync("wg genkey | tee /tmp/new.key")).Trim();
            // The addresses move from our old self to the new one
            await Peer.RunAsync("wg set wg0 peer \"$(wg pubkey </tmp/new.key)\" allowed-ips 10.99.0.2/32");
            await ReloadAsync(onetun, configuration, Applied);

            await EchoBlockAsync(stream);
        }
        finally
        {
            await Peer.RunAsync("wg set wg0 peer \"$(wg pubkey </tmp/new.key)\" remove");
            await Peer.ForgetUsAsync();
        }
    }

    private async Task<(OnetunProcess Onetun, ConfigurationFile Configuration)> StartWithFileAsync(Forward forward)
    {
        var configuration = new ConfigurationFile(Peer);
        configuration.Lines.Add($"#!onetun {forward}");
        await configuration.WriteAsync();
        return (await StartAsync(["--config", configuration.Path], announcements: 1), configuration);
    }

    private static async Task ReloadAsync(OnetunProcess onetun, ConfigurationFile configuration, string answer)
    {
        await configuration.WriteAsync();
        await onetun.SignalAsync("HUP");
        await Eventually.TrueAsync(
            () => Task.FromResult(onetun.Log.Contains(answer, StringComparison.Ordinal)), Limit, answer);
    }

    private static Task EchoBlockAsync(Stream stream) => stream.EchoBlockAsync().WaitAsync(Limit, Cancellation);
}
