using System.Diagnostics;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What a process does whose standard streams were closed before it began, on Unix.</summary>
public sealed class StandardStreamsTests
{
    [Theory]
    [InlineData("pubkey <&-", "Error: Key is not the correct length or format: it is empty")]
    [InlineData("--help >&-", "onetun: standard output is closed")]
    public async Task A_stream_that_is_closed_ends_the_process_with_a_word(string line, string message)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Descriptors are of Unix.");
        var program = Path.Combine(AppContext.BaseDirectory, "onetun");
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec '{program}' {line}"]) { RedirectStandardError = true })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            Assert.Equal(message, (await shell.StandardError.ReadToEndAsync(patience.Token)).TrimEnd());
            await shell.WaitForExitAsync(patience.Token);
            Assert.Equal(1, shell.ExitCode);
        }
        finally
        {
            shell.Kill();
        }
    }
}
