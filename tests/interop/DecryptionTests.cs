using System.Globalization;
using System.Text.Json;

namespace Onetun.Interop;

/// <summary>What tshark makes of the datagrams in a capture, with the keys and without them.</summary>
public sealed class DecryptionTests(PresharedKeyPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PresharedKeyPeer>
{
    private readonly string _capture = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcapng");
    private readonly string _withoutKeys = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcapng");
    private readonly string _keys = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.keys");

    [Fact]
    public async Task With_the_keys_in_the_file_or_beside_it_the_datagrams_decrypt_to_exactly_the_inner_packets_across_a_rekey()
    {
        Tool.SkipUnlessInstalled("tshark");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync(
            [echo], ["--preshared-key", Peer.PresharedKey, "--pcap", _capture, "--pcap-secrets", "--keylog", _keys]);
        await Traffic.EchoAsync(echo, seed: 1, 300_000);
        await RenewSessionAsync(onetun);
        await Traffic.EchoAsync(echo, seed: 2, 300_000);
        Assert.Equal(0, await onetun.StopAsync());

        await Tshark.AssertNothingMalformedAsync(_capture);
        await AssertDecryptedAsync(_capture);
        var (exitCode, _, error) = await Tool.RunAsync("editcap", "--discard-all-secrets", _capture, _withoutKeys);
        Assert.True(exitCode == 0, error);
        Assert.DoesNotContain(await CapturedPacket.ReadAsync(_withoutKeys), packet => packet.Decrypted is not null);
        await AssertDecryptedAsync(_withoutKeys, "-o", $"wg.keylog_file:{_keys}");
    }

    [Fact]
    public async Task Without_secrets_no_key_is_in_the_file()
    {
        Tool.SkipUnlessInstalled("tshark");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--preshared-key", Peer.PresharedKey, "--pcap", _capture]);
        await Traffic.EchoAsync(echo, seed: 1, 300_000);
        Assert.Equal(0, await onetun.StopAsync());

        var file = await File.ReadAllBytesAsync(_capture, Cancellation);
        foreach (var key in new[] { await File.ReadAllTextAsync(Peer.PrivateKeyFile, Cancellation), Peer.PresharedKey })
        {
            Assert.Equal(-1, file.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(key.Trim())));
            Assert.Equal(-1, file.AsSpan().IndexOf(Convert.FromBase64String(key.Trim())));
        }

        Assert.DoesNotContain(await CapturedPacket.ReadAsync(_capture), packet => packet.Decrypted is not null);
        Assert.DoesNotContain("DANGER", onetun.Log);
    }

    [Fact]
    public async Task A_running_process_is_captured_with_the_keys_of_a_new_session()
    {
        Tool.SkipUnlessInstalled("tshark");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--preshared-key", Peer.PresharedKey]);
        await Traffic.EchoAsync(echo, seed: 1, 100_000);
        var before = await LastHandshakeAsync(onetun);
        using var capture = OnetunProcess.Start(["capture", Id(onetun), _capture, "--secrets", "--layers", "outer"]);
        await Eventually.TrueAsync(async () => await LastHandshakeAsync(onetun) != before, TimeSpan.FromSeconds(30), "a new session");
        await Traffic.EchoAsync(echo, seed: 2, 100_000);
        Assert.Equal(0, await capture.StopAsync());
        Assert.Contains("DANGER", onetun.Log);
        Assert.Contains("bytes captured to", capture.Log);

        var packets = await CapturedPacket.ReadAsync(_capture);
        Assert.InRange(packets.Count(packet => packet.Inner is not null), 150, int.MaxValue);
        Assert.All(packets, packet => Assert.True(packet.IsOuter));
    }

    [Fact]
    public async Task Another_user_can_neither_read_a_capture_nor_start_one()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root becomes another user");
        Tool.SkipUnlessInstalled("setpriv");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        var onetun = await StartAsync([echo], ["--preshared-key", Peer.PresharedKey, "--pcap", _capture, "--keylog", _keys]);
        await Traffic.EchoAsync(echo, seed: 1, 10_000);
        foreach (var file in new[] { _capture, _keys })
        {
            Assert.NotEqual(0, (await AsNobodyAsync("cat", file)).ExitCode);
            Assert.Equal(0, (await Tool.RunAsync("cat", file)).ExitCode);
        }

        var socket = $"/run/onetun/{Id(onetun)}.capture";
        Assert.True(File.Exists(socket), socket);
        var (exitCode, _, error) = await AsNobodyAsync("env", "TMPDIR=/tmp", "HOME=/tmp", Checkout.Onetun, "capture", Id(onetun), "-");
        Assert.NotEqual(0, exitCode);
        Assert.DoesNotContain("captured", error);
        Assert.NotEqual(0, (await AsNobodyAsync("ls", "/run/onetun")).ExitCode);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        File.Delete(_capture);
        File.Delete(_withoutKeys);
        File.Delete(_keys);
    }

    /// <summary>Every handshake is read, and what the datagrams of each direction carry is what the inner packets are.</summary>
    private static async Task AssertDecryptedAsync(string file, params string[] preferences)
    {
        var packets = await CapturedPacket.ReadAsync(file, preferences);
        Assert.All([(true, true), (true, false), (false, true), (false, false)], kind => Assert.InRange(
            packets.Count(packet => (packet.IsOuter, packet.IsInbound) == kind), 200, int.MaxValue));
        var handshakes = packets.Count(packet => packet.MessageType is 1 or 2);
        Assert.InRange(handshakes, 4, int.MaxValue);
        Assert.Equal(handshakes, await CountDecryptedHandshakesAsync(file, preferences));
        foreach (var isInbound in new[] { true, false })
        {
            var inner = packets.Where(packet => !packet.IsOuter && packet.IsInbound == isInbound).Select(packet => packet.Bytes);
            var decrypted = packets.Where(packet => packet.IsOuter && packet.IsInbound == isInbound).Select(packet => packet.Inner);
            Assert.Equal(inner.Select(Convert.ToHexString).Order(), decrypted.OfType<byte[]>().Select(Convert.ToHexString).Order());
        }
    }

    private static Task<(int ExitCode, string Output, string Error)> AsNobodyAsync(params string[] command) =>
        Tool.RunAsync("setpriv", ["--reuid", "65534", "--regid", "65534", "--clear-groups", .. command]);

    /// <summary>Asking for keys begins a new session, as soon as the last one is five seconds old.</summary>
    private async Task RenewSessionAsync(OnetunProcess onetun)
    {
        var before = await LastHandshakeAsync(onetun);
        using var asking = OnetunProcess.Start(["capture", Id(onetun), "/dev/null", "--secrets"]);
        await Eventually.TrueAsync(async () => await LastHandshakeAsync(onetun) != before, TimeSpan.FromSeconds(30), "a new session");
        Assert.Equal(0, await asking.StopAsync());
    }

    private static async Task<string?> LastHandshakeAsync(OnetunProcess onetun)
    {
        var (exitCode, json, error) = await Tool.RunAsync(Checkout.Onetun, "status", "--json");
        Assert.True(exitCode == 0, error);
        using var processes = JsonDocument.Parse(json);
        var process = processes.RootElement.EnumerateArray().Single(one => one.GetProperty("pid").GetInt32() == onetun.Id);
        return process.GetProperty("peers")[0].TryGetProperty("lastHandshake", out var time) ? time.GetString() : null;
    }

    private static async Task<int> CountDecryptedHandshakesAsync(string file, string[] preferences)
    {
        var (exitCode, lines, error) = await Tool.RunAsync(
            "tshark", ["-n", "-r", file, .. preferences, "-Y", "wg.static || wg.handshake_ok == 1", "-T", "fields", "-e", "frame.number"]);
        Assert.True(exitCode == 0, error);
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    private static string Id(OnetunProcess process) => process.Id.ToString(CultureInfo.InvariantCulture);
}
