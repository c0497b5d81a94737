using Onetun.Capture;
using Onetun.Forwarder.Configuration;

namespace Onetun.Forwarder.Commands;

/// <summary>A line on standard error for each packet inside the tunnel, if that is asked for.</summary>
internal sealed class Tracing(CaptureConfiguration capture, TextWriter error) : IAsyncDisposable
{
    private readonly PacketLog? _log = capture.IsTraced ? new PacketLog(error, capture.Filter) : null;

    /// <summary>The same configuration, whose tunnel is watched.</summary>
    public ForwarderConfiguration Of(ForwarderConfiguration configuration) => _log is null
        ? configuration
        : configuration.WithTunnel(tunnel => tunnel with { Taps = [.. tunnel.Taps, _log] });

    /// <summary>Writes the lines that wait.</summary>
    public ValueTask DisposeAsync() => _log?.DisposeAsync() ?? ValueTask.CompletedTask;
}
