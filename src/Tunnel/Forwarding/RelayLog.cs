using Microsoft.Extensions.Logging;

namespace Onetun.Tunnel.Forwarding;

/// <summary>What the log says of a connection that has ended.</summary>
internal static class RelayLog
{
    public static void ConnectionEnded(this ILogger logger, int port, RelayResult result)
    {
        switch (result.Ending)
        {
            case RelayEnding.ClosedByClient:
                logger.ConnectionClosed(port, "client", result.BytesUp, result.BytesDown);
                break;
            case RelayEnding.ClosedByServer:
                logger.ConnectionClosed(port, "server", result.BytesUp, result.BytesDown);
                break;
            case RelayEnding.Stopped:
                logger.ConnectionStopped(port, result.BytesUp, result.BytesDown);
                break;
            case RelayEnding.Idle:
                logger.ConnectionIdle(port, result.BytesUp, result.BytesDown);
                break;
            default:
                var side = result.Ending == RelayEnding.BrokenByClient ? "client" : "server";
                logger.ConnectionBroken(port, side, result.Error?.Message);
                break;
        }
    }
}
