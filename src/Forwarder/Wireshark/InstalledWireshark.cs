using System.ComponentModel;
using System.Diagnostics;
using Onetun.Forwarder.Common;

namespace Onetun.Forwarder.Wireshark;

/// <summary>What the programs of Wireshark say that are installed on this machine.</summary>
internal static class InstalledWireshark
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    // Where the installers for macOS and Windows put it, which is not on the PATH
    private static readonly string[] Places = OperatingSystem.IsWindows()
        ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "Wireshark")]
        : ["/Applications/Wireshark.app/Contents/MacOS"];

    /// <summary>What one writes to standard output, called as it is written; null if there is none, or it fails.</summary>
    public static string? Ask(IReadOnlyList<string> words) => Places.Select(place => Path.Combine(place, words[0])).Prepend(words[0])
        .Select(program => Run(program, words.Skip(1)))
        .FirstOrDefault(said => said is not null);

    private static string? Run(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var process = Process.Start(start)!;
            // It warns whoever is root
            process.BeginErrorReadLine();
            return Read(process);
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Read(Process process)
    {
        try
        {
            var said = Patiently.Do(process.StandardOutput.ReadToEnd, Patience, "it does not end");
            return process.WaitForExit(Patience) && process.ExitCode == 0 ? said : null;
        }
        catch (IOException)
        {
            process.Kill();
            return null;
        }
    }
}
