using System.Collections.Concurrent;
using System.Diagnostics;

namespace Onetun.Interop;

/// <summary>A program of samples/ as a child process, as a build of the solution has left it.</summary>
internal sealed class Sample : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly Task _reading;

    private Sample(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    /// <summary>What it reads.</summary>
    public StreamWriter Input => _process.StandardInput;

    /// <summary>The lines of both its outputs so far.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public static Sample Start(string name, params string[] arguments)
    {
        var program = Path.Combine(Checkout.Root, "samples", name, "bin", "Release", "net10.0", $"{name}.dll");
        return new Sample(Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!);
    }

    /// <summary>Waits for a line with some text, and gives the line.</summary>
    public async Task<string> WaitForAsync(string text)
    {
        string? found = null;
        await Eventually.TrueAsync(
            () =>
            {
                var ended = _reading.IsCompleted;
                found = _lines.FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
                Assert.False(ended && found is null, $"It ended without a word of {text}:\n{string.Join('\n', _lines)}");
                return Task.FromResult(found is not null);
            },
            Patience,
            text);
        return found!;
    }

    /// <summary>Waits for its end, with that exit code, and gives its lines.</summary>
    public async Task<string[]> EndAsync(int exitCode = 0)
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);
        await _reading;
        Assert.True(_process.ExitCode == exitCode, $"exit {_process.ExitCode}:\n{string.Join('\n', _lines)}");
        return [.. _lines];
    }

    /// <summary>Asks it to end by a signal, as Ctrl-C or a service manager does, and waits until it has.</summary>
    public async Task<string[]> StopAsync(string signal = "INT")
    {
        await Tool.RunAsync("kill", "-s", signal, $"{_process.Id}");
        return await EndAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            _lines.Enqueue(line);
        }
    }
}
