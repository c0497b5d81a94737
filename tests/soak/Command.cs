using System.Diagnostics;

namespace Onetun.Soak;

/// <summary>Programs that set something, and end.</summary>
internal static class Command
{
    // A machine with builds on it
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>Its standard output.</summary>
    /// <exception cref="IOException">It failed.</exception>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Limit);
        return process.ExitCode == 0
            ? await output
            : throw new IOException($"{program} {string.Join(' ', arguments)}: {(await errors).Trim()}");
    }

    /// <summary>Starts one that stays; all it says is added to the file.</summary>
    public static Process Start(string log, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", log, program, .. arguments]);
        return Process.Start(start)!;
    }

    public static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan limit, string what)
    {
        var end = Disturbances.Now + limit;
        while (!await condition())
        {
            if (Disturbances.Now > end)
            {
                throw new TimeoutException($"not within {limit.TotalSeconds} s: {what}");
            }

            await Task.Delay(100);
        }
    }
}
