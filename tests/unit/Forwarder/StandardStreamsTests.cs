using System.Diagnostics;
using Xunit;

namespace Onetun.Forwarder.Tests;

/// <summary>What a process does whose standard streams fail, or were closed before it began, on Linux.</summary>
public sealed class StandardStreamsTests
{
    [Theory]
    [InlineData("pubkey <&-", "Error: Key is not the correct length or format: it is empty")]
    [InlineData("--help >&-", "onetun: standard output is closed")]
    [InlineData("genkey >/dev/full", "onetun: standard output: No space left on device")]
    public async Task A_stream_that_fails_ends_the_process_with_a_word(string line, string message) =>
        Assert.Equal((1, message), await RunAsync($"exec \"$0\" {line}"));

    [Theory]
    [InlineData("bogus 2>&-", 2)]
    [InlineData("bogus 2>/dev/full", 2)]
    [InlineData("demo --once >/dev/null 2>&-", 0)]
    [InlineData("demo --once >/dev/null 2>/dev/full", 0)]
    public async Task The_exit_code_does_not_depend_on_whether_standard_error_can_be_written_to(string line, int code) =>
        Assert.Equal((code, ""), await RunAsync($"exec \"$0\" {line}"));

    [Theory]
    [InlineData("<&- 2>&-")]
    [InlineData("<&- 2>&- >&-")]
    public async Task Where_standard_error_is_closed_the_log_goes_nowhere_else(string closed)
    {
        const string run = "timeout -s TERM 2 \"$0\" 0:192.168.4.2:80 --endpoint-addr 127.0.0.1:9 --source-peer-ip 192.168.4.3 "
            + $"--private-key {TestMachine.PrivateKey} --endpoint-public-key {TestMachine.EndpointKey}";
        // 124: it ran until it was told to stop
        Assert.Equal((124, ""), await RunAsync($"({run} {closed}; echo $? >&3) 3>&1 | (read -r code; cat >&2; exit \"$code\")"));
    }

    [Fact]
    public async Task Too_few_descriptors_to_load_the_program_are_told_in_a_line()
    {
        var (code, message) = await RunAsync("ulimit -n 40; exec \"$0\" genkey");
        Assert.Equal(1, code);
        Assert.StartsWith("onetun: the limit of file descriptors is 40, and onetun needs at least ", message);
        Assert.DoesNotContain('\n', message);
    }

    private static async Task<(int Code, string Message)> RunAsync(string script)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Descriptors are of Unix, and /dev/full of Linux.");
        var program = Path.Combine(AppContext.BaseDirectory, "onetun");
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, program]) { RedirectStandardError = true })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var message = await shell.StandardError.ReadToEndAsync(patience.Token);
            await shell.WaitForExitAsync(patience.Token);
            return (shell.ExitCode, message.TrimEnd());
        }
        finally
        {
            shell.Kill();
        }
    }
}
