using Microsoft.Extensions.Logging;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Configuration;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Hosting;

/// <summary>What is captured from the start to the end: to a file, and the keys to another.</summary>
internal sealed class CaptureSet : IAsyncDisposable
{
    private Recording? _recording;
    private KeyLogFile? _keyLog;

    /// <summary>Those who watch the tunnel for it.</summary>
    public IEnumerable<IPacketTap> Taps
    {
        get
        {
            if (_recording is not null)
            {
                yield return _recording.Tap;
            }

            if (_keyLog is not null)
            {
                yield return _keyLog;
            }
        }
    }

    /// <summary>Creates the files, or lists what kept it from doing so.</summary>
    public void Start(CaptureConfiguration configuration, Machine machine, ILogger logger, FaultList faults)
    {
        if (configuration.Path == "-" && !Descriptor.IsGiven(Descriptor.Output))
        {
            faults.Configuration("Failed to capture to standard output: it is closed");
        }
        else if (configuration.Path is { } path)
        {
            Try(path, "pcap", faults, () => _recording = Recording.Start(
                path, configuration.ToOptions($"onetun {StatusSource.Version}"), machine.Patience, logger));
        }

        if (configuration.KeyLog is { } keys)
        {
            Try(keys, "key log", faults, () => _keyLog = Patiently.Do(
                () => KeyLogFile.Open(keys, reason => logger.KeyLogFailed(keys, reason)), machine.Patience, Recording.NobodyReads(keys)));
        }
    }

    /// <summary>Ends it, and writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _keyLog?.Dispose();
        if (_recording is not null)
        {
            await _recording.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static void Try(string path, string kind, FaultList faults, Action start)
    {
        try
        {
            start();
        }
        catch (Exception error)
            when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            faults.Configuration($"Failed to create {kind} file {path}: {error.Message}");
        }
    }
}
