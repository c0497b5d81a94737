using Microsoft.Extensions.Logging;

namespace Onetun.Tunnel.Peers;

/// <summary>Tells the log when the interface that datagrams have to leave by is gone, and when it is back.</summary>
internal sealed class InterfaceWatch(string name, Func<int> index, ILogger logger)
{
    private bool? _wasThere;

    public static InterfaceWatch? Of(TunnelOptions options, ILogger logger) =>
        options.Transport.BindInterface is { } name ? new InterfaceWatch(name, options.Transport.Route.InterfaceIndex, logger) : null;

    /// <summary>To be called now and then.</summary>
    public void Look()
    {
        var isThere = index() != 0;
        if (_wasThere is { } before && before != isThere)
        {
            if (isThere)
            {
                logger.InterfaceBack(name);
            }
            else
            {
                logger.InterfaceGone(name);
            }
        }

        _wasThere = isThere; // A sandbox that hides interfaces has none from the beginning
    }
}
