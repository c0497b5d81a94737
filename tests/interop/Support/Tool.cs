using System.ComponentModel;
using System.Diagnostics;

namespace Onetun.Interop;

/// <summary>A program of the machine.</summary>
internal static class Tool
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>Skips the running test, with the reason, where it is not there.</summary>
    public static void SkipUnlessInstalled(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, name))),
        $"{name} is not installed");

    /// <summary>Runs it to its end; -1 if it cannot be started.</summary>
    /// <exception cref="TimeoutException">It has not ended after <see cref="Limit"/>, and was killed.</exception>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string name, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var limit = new CancellationTokenSource(Limit);
            try
            {
                var error = process.StandardError.ReadToEndAsync(limit.Token);
                var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
                await process.WaitForExitAsync(limit.Token);
                return (process.ExitCode, output, await error);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{name} {string.Join(' ', arguments)} has not ended after {Limit}.");
            }
        }
        catch (Win32Exception exception)
        {
            return (-1, "", exception.Message);
        }
    }
}
