using System.Diagnostics;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What a process shows on a terminal, which script(1) makes.</summary>
public sealed class TerminalTests
{
    private const string Green = "\e[32m";

    [Theory]
    [InlineData("TERM=xterm", true)]
    [InlineData("TERM=xterm NO_COLOR=1", false)]
    [InlineData("TERM=dumb", false)]
    public async Task Levels_have_colours_on_a_terminal_that_has_them_and_for_a_user_who_wants_them(string variables, bool hasColours)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "There is no script(1), which makes a terminal.");
        var cancellation = TestContext.Current.CancellationToken;
        var onetun = Path.Combine(AppContext.BaseDirectory, "onetun");
        var start = new ProcessStartInfo("script", ["-qec", $"env -u NO_COLOR {variables} {onetun} demo --once", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var terminal = Process.Start(start)!;
        try
        {
            var shown = await terminal.StandardOutput.ReadToEndAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
            Assert.Contains("INFO", shown);
            Assert.Equal(hasColours, shown.Contains(Green, StringComparison.Ordinal));
        }
        finally
        {
            terminal.Kill(entireProcessTree: true);
        }
    }
}
