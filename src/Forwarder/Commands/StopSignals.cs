using System.Runtime.InteropServices;

namespace Onetun.Forwarder.Commands;

/// <summary>Ctrl-C and SIGTERM: the first asks for an end, the second gets it.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public StopSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        ];

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
    }
}
