using System.Globalization;
using System.Text.Json;

namespace Onetun.Interop;

/// <summary>What tshark makes of the datagrams in a capture, with the keys and without them.</summary>
public sealed class DecryptionTests(PresharedKeyPeer peer, ITestOutputHelper output)
    : InteropTest(peer, output), IClassFixture<PresharedKeyPeer>
{
    private readonly string _capture = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.pcapng");
    private readonly string _keys = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.keys");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_the_keys_the_datagrams_decrypt_to_exactly_the_inner_packets_across_a_rekey(bool areInFile)
    {
        Tool.SkipUnlessInstalled("tshark");
        var echo = Forward.ToPeer(WireGuardPeer.EchoPort);
        string[] keys = areInFile ? ["--pcap-secrets"] : ["--keylog", _keys];
        var onetun = await StartAsync([echo], ["--preshared-key", Peer.PresharedKey, "--pcap", _capture, .. keys]);
        await Traffic.EchoAsync(echo, seed: 1, 300_000);
        await RenewSessionAsync(onetun);
        await Traffic.EchoAsync(echo, seed: 2, 300_000);
        Assert.Equal(0, await onetun.StopAsync());

        await Tshark.AssertNothingMalformedAsync(_capture);
        string[] preferences = areInFile ? [] : ["-o", $"wg.keylog_file:{_keys}"];
        var packets = await CapturedPacket.ReadAsync(_capture, preferences);
        Assert.All([(true, true), (true, false), (false, true), (false, false)], kind => Assert.InRange(
            packets.Count(packet => (packet.IsOuter, packet.IsInbound) == kind), 200, int.MaxValue));
        var messages = packets.Where(packet => packet.IsOuter).ToList();
        Assert.InRange(messages.Count(message => message.MessageType == 1), 2, int.MaxValue);
        Assert.InRange(await CountDecryptedHandshakesAsync(preferences), 4, int.MaxValue);
        Assert.Equal(
            messages.Count(message => message.MessageType is 1 or 2), await CountDecryptedHandshakesAsync(preferences));

        foreach (var isInbound in new[] { true, false })
        {
            var inner = packets.Where(packet => !packet.IsOuter && packet.IsInbound == isInbound).Select(packet => packet.Bytes);
            var decrypted = messages.Where(message => message.IsInbound == isInbound).Select(message => message.Inner).OfType<byte[]>();
            Assert.Equal(inner.Select(Convert.ToHexString).Order(), decrypted.Select(Convert.ToHexString).Order());
        }
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
        File.Delete(_keys);
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

    private async Task<int> CountDecryptedHandshakesAsync(string[] preferences)
    {
        var (exitCode, lines, error) = await Tool.RunAsync(
            "tshark", ["-n", "-r", _capture, .. preferences, "-Y", "wg.static || wg.handshake_ok == 1", "-T", "fields", "-e", "frame.number"]);
        Assert.True(exitCode == 0, error);
        return lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }

    private static string Id(OnetunProcess process) => process.Id.ToString(CultureInfo.InvariantCulture);
}
