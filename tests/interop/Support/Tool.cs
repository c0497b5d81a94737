using System.ComponentModel;
using System.Diagnostics;

namespace Onetun.Interop;

/// <summary>A program of the machine.</summary>
internal static class Tool
{
    /// <summary>Skips the running test, with the reason, where it is not there.</summary>
    public static void SkipUnlessInstalled(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(directory => File.Exists(Path.Combine(directory, name))),
        $"{name} is not installed");

    /// <summary>Runs it to its end; -1 if it cannot be started.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(string name, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(name, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return (process.ExitCode, output, await error);
        }
        catch (Win32Exception exception)
        {
            return (-1, "", exception.Message);
        }
    }
}
