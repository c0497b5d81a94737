namespace Onetun.Interop;

[Collection(nameof(PlainPeer))]
public sealed class SshTests(PlainPeer peer, ITestOutputHelper output) : InteropTest(peer, output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Two_sessions_of_ssh_and_a_copy_at_once_share_one_tunnel()
    {
        Tool.SkipUnlessInstalled("ssh");
        Tool.SkipUnlessInstalled("scp");
        var key = Path.Combine(Peer.Keys.FullName, "ssh");
        await File.WriteAllTextAsync(key, await Peer.RunAsync("cat /keys/ssh"), Cancellation);
        await Tool.RunAsync("chmod", "600", key);
        var copy = Path.Combine(Peer.Keys.FullName, "copy");
        string[] options =
        [
            "-i", key, "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", $"ProxyCommand={Checkout.Onetun} stdio %h:%p {string.Join(' ', WayToPeer("10.99.0.2"))}",
        ];
        var address = $"root@{WireGuardPeer.Address}";
        var runs = await Task.WhenAll(
            Tool.RunAsync("ssh", [.. options, address, "echo one; sleep 1"]),
            Tool.RunAsync("ssh", [.. options, address, "sleep 2; echo two"]),
            Tool.RunAsync("scp", [.. options, $"{address}:/srv/www/{HugeFile.Name}", copy])).WaitAsync(Limit, Cancellation);

        Assert.All(runs, run => Assert.True(run.ExitCode == 0, run.Error));
        Assert.Equal(["one\n", "two\n", ""], runs.Select(run => run.Output));
        Assert.Equal(HugeFile.Length, new FileInfo(copy).Length);
    }
}
