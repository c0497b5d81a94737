using System.Runtime.InteropServices;
using Onetun.Forwarder.Hosting;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// Ctrl-C, SIGTERM and the end of the terminal: the first asks for an end, the second gets it. Whatever stands in the way of
/// the first, the process ends in the time promised.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // The part of the promised time that the runtime needs for its own end.
    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(300);

    private readonly List<PosixSignalRegistration> _registrations;
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _promise;
    private readonly int _exitCode;

    /// <param name="promise">From the first signal to the end of the process.</param>
    /// <param name="exitCode">How a process ends that has not done so by itself by then.</param>
    /// <param name="terminal">Its end is one of the signals; without a terminal it ends the process at once.</param>
    public StopSignals(TimeSpan promise, int exitCode, Terminal? terminal = null)
    {
        (_promise, _exitCode) = (promise, exitCode);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
        if (terminal is not null && !OperatingSystem.IsWindows())
        {
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => OnHangup(terminal, signal)));
        }
    }

    /// <summary>Ends with the name of the first signal.</summary>
    public Task<string> First => _first.Task;

    /// <summary>Does as a signal does that somebody sends in another way.</summary>
    public void Stop(string signal) => TryBegin(signal);

    /// <summary>A source that the first signal cancels, as another token does.</summary>
    public CancellationTokenSource Link(CancellationToken other)
    {
        var stopping = CancellationTokenSource.CreateLinkedTokenSource(other);
        _ = First.ContinueWith(_ => stopping.Cancel(), TaskScheduler.Default);
        return stopping;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext signal)
    {
        // A signal that is not cancelled ends the process at once.
        signal.Cancel = TryBegin(signal.Signal == PosixSignal.SIGINT ? "Ctrl-C" : "SIGTERM");
        if (!signal.Cancel)
        {
            LogOutput.Flush();
        }
    }

    // The system and the shell may both send one.
    private void OnHangup(Terminal terminal, PosixSignalContext signal)
    {
        if (terminal.HasClosed)
        {
            signal.Cancel = true;
            TryBegin("SIGHUP (the terminal has closed)");
        }
    }

    private bool TryBegin(string signal)
    {
        if (!_first.TrySetResult(signal))
        {
            return false;
        }

        // A timer would need a thread of the pool for its callback, which may have none to spare.
        new Thread(EndInTime) { IsBackground = true, Name = "deadline" }.Start();
        return true;
    }

    private void EndInTime()
    {
        Thread.Sleep(_promise > Reserve ? _promise - Reserve : TimeSpan.Zero);
        Environment.Exit(_exitCode);
    }
}
