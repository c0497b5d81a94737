using Microsoft.Extensions.Logging;
using Onetun.Capture;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Logging;

namespace Onetun.Forwarder.Hosting;

/// <summary>A capture file, and what the log says of it.</summary>
internal sealed class Recording : IAsyncDisposable
{
    // This is enough for a busy disk; the reader of a pipe that has stopped may never go on.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly PcapWriter _writer;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly Task _watching;

    /// <summary>Looks after a writer, which it disposes.</summary>
    public Recording(PcapWriter writer, ILogger logger, TimeProvider? time = null)
    {
        _writer = writer;
        _logger = logger;
        _time = time ?? TimeProvider.System;
        _watching = WatchAsync();
    }

    public IPacketTap Tap => _writer;

    /// <summary>Creates the file; throws as <see cref="PcapWriter.Create"/> does, or if nobody opens the end of a FIFO.</summary>
    public static Recording Start(string path, PcapOptions options, TimeSpan patience, ILogger logger)
    {
        var recording = new Recording(Patiently.Do(() => PcapWriter.Create(path, options), patience, NobodyReads(path)), logger);
        logger.Capturing(path);
        return recording;
    }

    /// <summary>What did not happen in time, of a file that may be a FIFO.</summary>
    public static string NobodyReads(string path) => $"nobody opened the other end of {path}";

    public async ValueTask DisposeAsync()
    {
        var closing = _writer.DisposeAsync().AsTask();
        await closing.WaitAsync(Patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!closing.IsCompleted)
        {
            _logger.CaptureFailed(_writer.Name, "it does not take the rest");
            return;
        }

        await _watching.ConfigureAwait(false);
        // Of a capture that failed, the log has said so already.
        if (_writer.Dropped > 0 && _writer.LastError is null)
        {
            _logger.CaptureDropped(_writer.Name, _writer.Dropped);
        }
    }

    // A full disk ends the capture, not the forwards.
    private async Task WatchAsync()
    {
        await _writer.Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_writer.LastError is { } reason)
        {
            _logger.CaptureFailed(_writer.Name, reason);
        }
    }
}
