using System.Runtime.InteropServices;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Commands;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks for an end, the second gets it. Whatever stands in the way of the first, the process
/// ends in the time that it promises.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // .. of the promise, for the runtime's own end
    private static readonly TimeSpan Reserve = TimeSpan.FromMilliseconds(300);

    private readonly PosixSignalRegistration[] _registrations;
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeSpan _promise;
    private readonly int _exitCode;

    /// <param name="promise">From the first signal to the end of the process.</param>
    /// <param name="exitCode">Of a process that has not ended by itself by then.</param>
    public StopSignals(TimeSpan promise, int exitCode)
    {
        (_promise, _exitCode) = (promise, exitCode);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];
    }

    /// <summary>Ends with the name of the first signal.</summary>
    public Task<string> First => _first.Task;

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
        // .. what is not cancelled ends the process at once
        signal.Cancel = _first.TrySetResult(signal.Signal == PosixSignal.SIGINT ? "Ctrl-C" : "SIGTERM");
        if (signal.Cancel)
        {
            // .. no timer, whose callback needs a thread of a pool that may have none to spare
            new Thread(EndInTime) { IsBackground = true, Name = "deadline" }.Start();
        }
        else
        {
            LogOutput.Flush();
        }
    }

    private void EndInTime()
    {
        Thread.Sleep(_promise > Reserve ? _promise - Reserve : TimeSpan.Zero);
        Environment.Exit(_exitCode);
    }
}
