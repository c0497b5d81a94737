using System.Diagnostics;

namespace Onetun.Soak;

/// <summary>
/// A wireguard-go in the far namespace. Its addresses are those of an interface that stays, and so do routes into nowhere behind
/// its own: while it is dead, what the kernel sends is lost, as anywhere between two machines.
/// </summary>
/// <param name="far">The namespace.</param>
/// <param name="name">Of its interface.</param>
/// <param name="port">On the loopback address.</param>
/// <param name="directory">Has its key, that of onetun, and its log.</param>
/// <param name="routes">To onetun, without the interface.</param>
internal sealed class Peer(string far, string name, int port, string directory, params string[] routes)
{
    private const string Mtu = "1420";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(1);

    private Process? _process;

    public async Task StartAsync()
    {
        Launch();
        await Command.UntilAsync(IsThereAsync, StartLimit, $"{name} starts");
        var onetun = (await File.ReadAllTextAsync($"{directory}/onetun.pub")).Trim();
        await InFarAsync(
            "wg", "set", name, "listen-port", $"{port}", "private-key", $"{directory}/{name}.key",
            "peer", onetun, "allowed-ips", $"{Routes.Onetun}/32,{Routes.Onetun6}/128");
        await InFarAsync("ip", "link", "set", name, "mtu", Mtu, "up");
        foreach (var route in routes)
        {
            await InFarAsync("ip", ["route", "add", .. route.Replace("DEV", name, StringComparison.Ordinal).Split(' ')]);
        }
    }

    public void Signal(int signal) => Libc.Signal(_process!.Id, signal);

    /// <summary>Without a warning: sessions, endpoints and interface are gone.</summary>
    public async Task KillAsync()
    {
        Signal(Libc.Kill);
        await _process!.WaitForExitAsync();
        _process.Dispose();
        File.Delete($"/run/wireguard/{name}.sock");
    }

    private void Launch() => _process = Command.Start(
        $"{directory}/{name}.log",
        "ip", "netns", "exec", far, "env", "WG_PROCESS_FOREGROUND=1", "LOG_LEVEL=error", "wireguard-go", "-f", name);

    private async Task<bool> IsThereAsync()
    {
        if (_process!.HasExited)
        {
            Launch(); // it was not alone in the directory of the sockets, and ended at once
            return false;
        }

        try
        {
            await InFarAsync("wg", "show", name);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task<string> InFarAsync(string program, params string[] arguments) =>
        Command.RunAsync("ip", ["netns", "exec", far, program, .. arguments]);
}
