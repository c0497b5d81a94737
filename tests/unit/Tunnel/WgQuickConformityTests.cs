using CsCheck;
using Onetun.Forwarder.Tests;

namespace Onetun.Tunnel.Tests;

/// <summary>The command line and the library make the same of a file. See also <see cref="ProviderFileTests"/>.</summary>
public sealed class WgQuickConformityTests
{
    private static readonly string[] Complete =
    [
        "[Interface]", $"PrivateKey = {TestMachine.PrivateKey}", "Address = 10.0.0.3/24, fd00::3/64", "DNS = 10.0.0.1",
        "[Peer]", $"PublicKey = {TestMachine.EndpointKey}", "Endpoint = provider.example:51820", "AllowedIPs = 10.0.0.0/8",
    ];

    private static readonly string[] Others =
    [
        "[Peer]", "[ peer ]", "[Interface]", "[Interface] # ours", "[Peer", "[Peer] x", "[Wireguard]", "", "# remark", "; remark", "hello",
        $"PublicKey = {TestMachine.OtherKey}", $"PublicKey={TestMachine.PublicKey}", $"Public Key = {TestMachine.PrivateKey}", "PublicKey = x",
        $"[Peer]\nPublicKey = {TestMachine.OtherKey}\nAllowedIPs = 10.0.0.0/8", $"[Peer]\nPublicKey = {TestMachine.OtherKey}",
        $"PresharedKey = {TestMachine.OtherKey}", "PresharedKey =", $"PrivateKey = {TestMachine.OtherKey}", "PrivateKey = x",
        "Address = 10.1.0.3", "Address = 10.1.0.3 fd01::1/64", "Address =", "Address = 10.0.0.3/33", "Address = ::1",
        "MTU = 1400", "MTU =", "MTU = 1279", "MTU = 0x5dc", "ListenPort = 7", "ListenPort = -1", "FwMark = 0xca6c", "FwMark = OFF", "FwMark = 0x",
        "DNS = 10.0.0.1, fd00::1", "DNS = intranet.example.", "DNS = ~intranet", "DNS = 10.0.0.1/32", "DNS =", "DNS = 9.9.9.9", "DNS = 127.0.0.53",
        "Endpoint = 203.0.113.1:51820", "Endpoint = [2001:db8::1]:1", "Endpoint = provider.example", "Endpoint = 0.0.0.0:1", "Endpoint = 1.2.3.4:0",
        "AllowedIPs = 10.0.0.0/8, ::/0", "AllowedIPs = 10.9.9.9/8", "AllowedIPs =", "AllowedIPs = x", "AllowedIPs = 10.0.0.0/8 # ours",
        "PersistentKeepalive = 25", "PersistentKeepalive = off", "PersistentKeepalive = 65536", "PersistentKeepalive =",
        "PostUp = a = b # c", "PostUp =", "Table = off", "SaveConfig = true", "CheckAlive =", "ExcludedApplications = a.b",
        "Jc = 4", "S1 = 0", "S1 = 15", "H4 = 4", "I1 = <b 0xc7>", "Foo = 1", "Foo =", "= 1", "DNS = `10.0.0.1`", "MTU = 1400;", "MTU = 1400 ; x",
    ];

    private readonly TestMachine _machine = new() { Names = { ["provider.example"] = ["203.0.113.1", "2001:db8::1"] } };

    [Fact]
    public Task A_complete_file_is_taken_by_both() => AssertTakenAsync(string.Join('\n', Complete));

    [Fact]
    public async Task A_line_more_is_taken_by_both_or_refused_by_both()
    {
        foreach (var other in Others)
        {
            await WgQuickConformity.AssertAlikeAsync(_machine, string.Join('\n', [.. Complete[..4], other, .. Complete[4..]]));
            await WgQuickConformity.AssertAlikeAsync(_machine, string.Join('\n', [.. Complete, other]));
        }
    }

    [Fact]
    public async Task A_line_less_is_taken_by_both_or_refused_by_both()
    {
        for (var i = 0; i < Complete.Length; i++)
        {
            await WgQuickConformity.AssertAlikeAsync(_machine, string.Join('\n', [.. Complete[..i], .. Complete[(i + 1)..]]));
        }
    }

    [Fact]
    public async Task Chance_files_are_taken_by_both_or_refused_by_both() =>
        await Gen.Select(Gen.Shuffle(Others, 0, 4), Gen.Int[0, Complete.Length].Array[4], Insert).SampleAsync(
            async text => { await WgQuickConformity.AssertAlikeAsync(_machine, text); }, iter: 1000, threads: 1);

    private static string Insert(string[] others, int[] places)
    {
        List<string> lines = [.. Complete];
        foreach (var (other, place) in others.Zip(places))
        {
            lines.Insert(place, other);
        }

        return string.Join('\n', lines);
    }

    private async Task AssertTakenAsync(string text) => Assert.True(await WgQuickConformity.AssertAlikeAsync(_machine, text));
}
