using Microsoft.Extensions.Logging;
using Onetun.Forwarder.Logging;
using Onetun.Tunnel;

namespace Onetun.Forwarder.Hosting;

/// <summary>Tells the log when the interface that datagrams have to leave by is gone, and when it is back.</summary>
internal sealed class InterfaceWatch(string name, Func<int> index, ILogger logger)
{
    private bool _isGone;

    public static InterfaceWatch? Of(TunnelOptions options, ILogger logger) =>
        options.BindInterface is { } name ? new InterfaceWatch(name, options.Route.InterfaceIndex, logger) : null;

    /// <summary>To be called now and then.</summary>
    public void Look()
    {
        var isGone = index() == 0;
        if (isGone && !_isGone)
        {
            logger.InterfaceGone(name);
        }
        else if (!isGone && _isGone)
        {
            logger.InterfaceBack(name);
        }

        _isGone = isGone;
    }
}
