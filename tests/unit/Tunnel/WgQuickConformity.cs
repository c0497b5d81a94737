using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Tests;

namespace Onetun.Tunnel.Tests;

/// <summary>Has the command line and the library read the same text, and compares.</summary>
internal static class WgQuickConformity
{
    private const string File = "wg0.conf";

    /// <summary>Whether both take it, with the same tunnel and the same warnings.</summary>
    public static async Task<bool> AssertAlikeAsync(TestMachine machine, string text)
    {
        machine.Files[File] = text;
        var (program, faults) = await machine.ReadAsync("--config", File, "--socks5", "1080");
        var isRead = WgQuickConfiguration.TryParse(text, out var library, out var others);
        Assert.True(
            isRead == program is not null,
            $"{text}\ncommand line:\n{string.Join('\n', faults.Select(fault => fault.Message))}\nlibrary:\n{string.Join('\n', others)}");
        if (program is null || library is null)
        {
            return false;
        }

        using (program)
        using (library)
        {
            Assert.Equal(Describe(program), Describe(library));
            Assert.Equal(WarningsOf(program), library.Warnings.Where(IsOfFile));
        }

        return true;
    }

    private static string Describe(ForwarderConfiguration program) => Describe(
        program.Tunnel with { Peers = program.NamedPeers, Dns = program.Dns, SearchDomains = program.SearchDomains },
        program.Tunnel.Transport.FirewallMark);

    private static string Describe(WgQuickConfiguration library) => Describe(library.ToOptions(), library.FwMark);

    private static string Describe(TunnelOptions options, uint mark) => string.Join('\n',
    [
        $"{options.PrivateKey.ToBase64()} {options.Transport.BindEndPoint} {options.Mtu} {mark}",
        string.Join(' ', options.Addresses),
        string.Join(' ', options.Dns),
        string.Join(' ', options.SearchDomains),
        .. options.Peers.Select(peer => $"{peer.PublicKey} {peer.PresharedKey?.ToBase64()} {peer.EndPoint} {peer.PersistentKeepalive} "
            + string.Join(' ', peer.AllowedIPs)),
    ]);

    private static IEnumerable<string> WarningsOf(ForwarderConfiguration program) => program.Warnings
        .Select(warning => warning.Replace($"{File}:", "line ", StringComparison.Ordinal).Replace($" in {File}", "", StringComparison.Ordinal))
        .Where(IsOfFile);

    // The others are of the machine, or of the proxy that was asked for.
    private static bool IsOfFile(string warning) =>
        !warning.Contains("FwMark", StringComparison.Ordinal) && !warning.Contains("clients of a proxy", StringComparison.Ordinal);
}
