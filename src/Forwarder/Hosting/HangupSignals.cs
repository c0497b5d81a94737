using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace Onetun.Forwarder.Hosting;

/// <summary>
/// SIGHUP that somebody sends. It ends a process that does not handle it, so this has to be there before the forwards are
/// announced.
/// </summary>
internal sealed class HangupSignals : IDisposable
{
    // One signal that waits stands for all that come meanwhile.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly PosixSignalRegistration? _registration;

    /// <param name="terminal">Its end is another matter.</param>
    public HangupSignals(Terminal terminal)
    {
        // On Windows the signal means that a console closes.
        if (!OperatingSystem.IsWindows())
        {
            _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
            {
                signal.Cancel = true;
                if (!terminal.HasClosed)
                {
                    _signals.Writer.TryWrite(true);
                }
            });
        }
    }

    /// <summary>One after the other as they come, until cancelled.</summary>
    public IAsyncEnumerable<bool> ReadAllAsync(CancellationToken cancellationToken) =>
        _signals.Reader.ReadAllAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _registration?.Dispose();
}
