using System.Diagnostics;
using Onetun.Tests.Support;
using Xunit;

namespace Onetun.Architecture.Tests;

/// <summary>What service managers are given, in deploy, is what they take.</summary>
public sealed class ServiceFileTests
{
    private const int Skipped = 77;

    [Theory]
    [InlineData("systemd")]
    [InlineData("launchd")]
    public async Task A_service_manager_takes_its_files_and_finds_them_safe(string manager)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script is for bash.");
        var cancellation = TestContext.Current.CancellationToken;
        var script = new ProcessStartInfo("bash", [Path.Combine(Checkout.Root, "tests", "services.sh"), manager])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(script)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation).WaitAsync(TimeSpan.FromSeconds(60), cancellation);
        Assert.SkipWhen(process.ExitCode == Skipped, await output);
        Assert.True(process.ExitCode == 0, await error);
    }
}
