using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace Onetun.Interop;

/// <summary>The real executable as a child process.</summary>
internal sealed class OnetunProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _errorLines = new();
    private readonly Task _reading;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _forwards;
    private int _seen;

    private OnetunProcess(Process process, int forwards, bool isPiped)
    {
        _process = process;
        _forwards = forwards;
        Output = isPiped ? Task.FromResult("") : process.StandardOutput.ReadToEndAsync();
        _reading = ReadErrorsAsync();
    }

    /// <summary>Standard output, when the process has ended; of one that is not piped.</summary>
    public Task<string> Output { get; }

    /// <summary>Standard input, and standard output as it comes; of one that is piped.</summary>
    public (Stream Input, Stream Output) Pipes =>
        (_process.StandardInput.BaseStream, _process.StandardOutput.BaseStream);

    /// <summary>Standard error so far.</summary>
    public string Log => string.Join('\n', _errorLines);

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Bytes of memory the process holds.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Files and sockets the process has open; Linux only.</summary>
    public int OpenFiles => Directory.GetFiles($"/proc/{_process.Id}/fd").Length;

    public static OnetunProcess Start(IReadOnlyCollection<string> arguments, int forwards = 0, bool isPiped = false) =>
        Start(Checkout.Onetun, arguments, forwards, isPiped);

    /// <summary>Starts a program that becomes onetun.</summary>
    public static OnetunProcess Start(
        string program, IReadOnlyCollection<string> arguments, int forwards, bool isPiped = false)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        if (!isPiped)
        {
            process.StandardInput.Close();
        }

        return new OnetunProcess(process, forwards, isPiped);
    }

    /// <summary>Waits until every forward is announced; from then on its port is bound.</summary>
    public async Task WaitUntilTunnelingAsync()
    {
        try
        {
            await _ready.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"onetun announced {_seen} of {_forwards} forwards in 30 s");
        }
    }

    /// <summary>Sends a signal, and waits for the end that it asks for.</summary>
    public async Task<int> StopAsync(string signal = "TERM")
    {
        if (!_process.HasExited)
        {
            await SignalAsync(signal);
        }

        return await WaitForExitAsync(TimeSpan.FromSeconds(5));
    }

    public Task SignalAsync(string signal) =>
        Tool.RunAsync("kill", "-s", signal, _process.Id.ToString(CultureInfo.InvariantCulture));

    public async Task<int> WaitForExitAsync(TimeSpan limit)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            _process.Kill();
            Assert.Fail($"onetun did not end within {limit.TotalSeconds} s");
        }

        await _reading;
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _errorLines.Enqueue(line);
            if ((line.Contains("Tunneling ", StringComparison.Ordinal) || line.Contains(" proxy on [", StringComparison.Ordinal))
                && ++_seen == _forwards)
            {
                _ready.TrySetResult();
            }
        }

        _ready.TrySetException(new InvalidOperationException($"onetun ended before it tunneled:\n{Log}"));
    }
}
