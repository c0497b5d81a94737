using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Onetun.Forwarder.Common;
using Onetun.Forwarder.Control;

namespace Onetun.Forwarder.Hosting;

/// <summary>What other processes of this user may ask a gateway for: how it stands, and captures.</summary>
internal sealed class ControlSockets : IAsyncDisposable
{
    private readonly ControlSocket _status;
    private readonly ControlSocket _captures;

    private ControlSockets(ControlSocket status, ControlSocket captures)
    {
        (_status, _captures) = (status, captures);
    }

    /// <summary>Answers whoever asks. If that cannot be had, a warning says so, once.</summary>
    public static ControlSockets Open(Gateway gateway, Machine machine, ILoggerFactory loggers)
    {
        var directories = ControlDirectory.Candidates(machine);
        var captures = new LiveCaptures(gateway.AddTap, loggers.CreateLogger("onetun::pcap"));
        return new ControlSockets(
            ControlSocket.Open(directories, () => gateway.Status, loggers.CreateLogger("onetun::status")),
            ControlSocket.Open(directories, CaptureProtocol.Extension, LiveCaptures.MostClients, captures.ServeAsync, NullLogger.Instance));
    }

    /// <summary>Stops answering.</summary>
    public async ValueTask DisposeAsync()
    {
        await _captures.DisposeAsync().ConfigureAwait(false);
        await _status.DisposeAsync().ConfigureAwait(false);
    }
}
