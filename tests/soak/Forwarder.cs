using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Onetun.Soak;

/// <summary>The onetun that is tried.</summary>
internal sealed class Forwarder(string program, string directory, Routes routes, string? clock)
{
    private static readonly TimeSpan ReloadLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromMinutes(2);

    /// <summary>It promises 5 s; what a busy machine needs is ours.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private Process? _process;

    public int Id => _process!.Id;

    /// <summary>Its clock can be set.</summary>
    public bool HasClock => clock is not null;

    /// <summary>Completes when it has ended by itself or by us.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    private string Log => $"{directory}/onetun.log";

    private string Config => $"{directory}/onetun.conf";

    private string ClockFile => $"{directory}/clock";

    public async Task StartAsync()
    {
        await WriteAsync(routes.Forwards);
        await SetClockAsync(TimeSpan.Zero);
        string[] environment = clock is null ? [] : [$"LD_PRELOAD={clock}", $"ONETUN_SOAK_CLOCK={ClockFile}"];
        _process = Command.Start(Log, "env", [.. environment, program, "--config", Config, .. Routes.Options]);
        Ended = _process.WaitForExitAsync();
        await Command.UntilAsync(IsReadyAsync, ReadyLimit, "onetun is ready; its log says why not");
    }

    public void Signal(int signal) => Libc.Signal(Id, signal);

    /// <summary>In place, for it has mapped the file.</summary>
    public async Task SetClockAsync(TimeSpan ahead)
    {
        using var file = new FileStream(ClockFile, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        await file.WriteAsync(BitConverter.GetBytes((long)ahead.TotalSeconds));
    }

    /// <summary>SIGHUP with these forwards in the file; waits for the line that tells what came of it.</summary>
    public async Task ReloadAsync(IReadOnlyList<string> forwards, string answer = "Configuration reloaded")
    {
        await WriteAsync(forwards);
        var before = new FileInfo(Log).Length;
        Signal(Libc.Hangup);
        await Command.UntilAsync(async () => (await ReadLogAsync(before)).Contains(answer, StringComparison.Ordinal), ReloadLimit, answer);
    }

    /// <summary>What <c>/metrics</c> says: name and labels, and value.</summary>
    public async Task<IReadOnlyList<(string Name, double Value)>> MeasureAsync()
    {
        var text = await s_http.GetStringAsync($"http://127.0.0.1:{Routes.Metrics}/metrics");
        return
        [
            .. text.Split('\n')
                .Where(line => line.Length > 0 && line[0] != '#')
                .Select(line => (line[..line.LastIndexOf(' ')], double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture))),
        ];
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopAsync()
    {
        Signal(Libc.Terminate);
        await Ended.WaitAsync(StopLimit);
        return _process!.ExitCode;
    }

    /// <summary>Lines that no fault from outside may cause.</summary>
    public async Task<IReadOnlyList<string>> FaultsInLogAsync() =>
    [
        .. (await ReadLogAsync(0)).Split('\n').Where(line =>
            (line.Contains("ERROR", StringComparison.Ordinal) && !line.Contains("is refused, and the old one stays in force", StringComparison.Ordinal))
            || line.Contains("Unhandled", StringComparison.Ordinal)
            || line.Contains("Exception", StringComparison.Ordinal)
            || line.StartsWith("   at ", StringComparison.Ordinal)),
    ];

    private async Task<bool> IsReadyAsync()
    {
        if (Ended.IsCompleted)
        {
            throw new IOException($"onetun does not start: {await ReadLogAsync(0)}");
        }

        try
        {
            using var answer = await s_http.GetAsync($"http://127.0.0.1:{Routes.Metrics}/readyz");
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private async Task<string> ReadLogAsync(long from)
    {
        using var log = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = from;
        using var reader = new StreamReader(log);
        return await reader.ReadToEndAsync();
    }

    // As editors do it: a file that is there at any time
    private async Task WriteAsync(IReadOnlyList<string> forwards)
    {
        var key = (await File.ReadAllTextAsync($"{directory}/onetun.key")).Trim();
        var config = $"""
            [Interface]
            PrivateKey = {key}
            Address = {Routes.Onetun}/32, {Routes.Onetun6}/128
            {string.Join('\n', forwards.Select(forward => $"#!onetun {forward}"))}

            [Peer]
            PublicKey = {(await File.ReadAllTextAsync($"{directory}/soak-first.pub")).Trim()}
            AllowedIPs = 10.99.0.0/24, fd99::/64
            Endpoint = {Routes.Router}:{Routes.FirstPort}
            PersistentKeepalive = 10

            [Peer]
            PublicKey = {(await File.ReadAllTextAsync($"{directory}/soak-second.pub")).Trim()}
            AllowedIPs = 10.98.0.0/24
            Endpoint = {Routes.Router}:{Routes.SecondPort}

            """;
        var options = new FileStreamOptions()
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var writer = new StreamWriter($"{Config}.new", options))
        {
            await writer.WriteAsync(config);
        }

        File.Move($"{Config}.new", Config, overwrite: true);
    }
}
